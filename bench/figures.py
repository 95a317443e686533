"""What a measure hands back: figures with their aims and baselines, and the tables and the plot beside them."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.instants import format_instant

RESULTS: Final = Path(__file__).with_name("results")
"""Committed: one `<section>.json` each, written by the last run of its measure."""


def _machine() -> str:
    """What it ran on: figures of time mean little without it."""
    kind = next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    kind = kind or platform.processor() or platform.machine()
    return f"{kind}, {cores} cores, Python {platform.python_version()}, load average {load:.1f}"


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Frozen):
    """One number.

    Attributes:
        name: what was measured, as the first column of the table says it.
        unit: of `value` and of `baseline`, such as "ms", "events/s" or "write units"; empty for a plain count or ratio.
        aim: what was promised, in words ("at most 150"); None: nothing was.
        holds: whether the aim was reached; None exactly when there is no aim.
        baseline: the same thing done the plain way in the same run, in the same unit: the ratio outlives the machine.
        note: what a reader must know to believe it; one sentence.
    """

    name: str
    value: float
    unit: str = ""
    aim: str | None = None
    holds: bool | None = None
    baseline: float | None = None
    note: str = ""

    @property
    def missed(self) -> bool:
        """Whether an aim was not reached."""
        return self.holds is False

    @property
    def ratio(self) -> float | None:
        """Value by baseline."""
        return None if not self.baseline else self.value / self.baseline


class Table(_Frozen):
    """Rows beside the figures: a breakdown, a distribution. A number is shown as it is, right-aligned."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float, ...], ...]


class Section(_Frozen):
    """What one measure found.

    Attributes:
        name: of the measure: `--only` takes it, and the document's markers name it.
        title: its heading in what the command prints.
        about: how it was measured, in a paragraph of Markdown: what was counted, and what was not.
        plot: an SVG, as a path below docs/, written by the measure.
        measured_at: RFC 3339.
    """

    name: str
    title: str
    about: str
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    plot: str | None = None
    measured_at: str = Field(default_factory=lambda: format_instant(time.time_ns() // 1_000_000_000 * 1_000))
    machine: str = Field(default_factory=_machine)

    @property
    def command(self) -> str:
        """Repeats exactly this."""
        return f"make bench ONLY={self.name}"

    @property
    def missed(self) -> tuple[Figure, ...]:
        """The figures whose aim was not reached."""
        return tuple(figure for figure in self.figures if figure.missed)


Bound = Literal["at most", "at least"]


def held_to(figure: Figure, bound: Bound, limit: float) -> Figure:
    """The figure with its aim, and whether it was reached."""
    reached = figure.value <= limit if bound == "at most" else figure.value >= limit
    return figure.model_copy(update={"aim": f"{bound} {limit:,g}", "holds": reached})


def read(name: str, folder: Path = RESULTS) -> Section | None:
    """The last committed result of a measure; None: it never ran."""
    path = folder / f"{name}.json"
    return Section.model_validate_json(path.read_text()) if path.exists() else None


def write(section: Section, folder: Path = RESULTS) -> Path:
    """Keep a result for the document, and for whoever wants the numbers."""
    path = folder / f"{section.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(section.model_dump_json(indent=1) + "\n")
    return path
