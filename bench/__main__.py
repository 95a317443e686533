"""`make bench`, or `python -m bench --only life`: measure, keep the results, write the document."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Final, Protocol

import typer
from rich.console import Console

from bench import document, figures
from bench.figures import Section

MEASURES: Final = {
    "lateness": "bench.lateness",
    "intake": "bench.intake_rate",
    "polling": "bench.polling_worker",
    "life": "bench.life_cost",
    "sweep": "bench.sweep_cost",
    "speed": "bench.speed",
}

app = typer.Typer(add_completion=False)
_console = Console(highlight=False, soft_wrap=True)


class _Measure(Protocol):
    def measure(self, say: Callable[[str], None]) -> Section: ...


@app.command()
def main(
    only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(MEASURES)}; may be repeated.")] = None,
) -> None:
    """Measure, write bench/results/*.json, and render docs/performance.md from them.

    A missed aim is said loudly and stands in the document; it is no failure of the command. A measure that broke is.
    """
    wanted = only or list(MEASURES)
    unknown = [name for name in wanted if name not in MEASURES]
    if unknown:
        raise typer.BadParameter(f"there is no {', '.join(unknown)}, only {', '.join(MEASURES)}")
    started = time.monotonic()
    done: list[Section] = []
    broken: list[str] = []
    for name in wanted:
        _console.print(f"\n[bold]{name}[/]")
        try:
            module: _Measure = import_module(MEASURES[name])
            section = module.measure(lambda text: _console.print(f"  {text}", style="dim"))
        except Exception:  # noqa: BLE001 - the other measures still count; this one keeps its last result
            _console.print_exception(extra_lines=0, max_frames=6)
            broken.append(name)
            continue
        figures.write(section, figures.RESULTS)
        _show(section)
        done.append(section)
    document.DOCUMENT.write_text(document.rendered(document.DOCUMENT.read_text(), figures.RESULTS))
    _conclude(done, broken, time.monotonic() - started)
    raise typer.Exit(1 if broken else 0)


def _show(section: Section) -> None:
    _console.print(document.section_text(section), markup=False)


def _conclude(done: list[Section], broken: list[str], seconds: float) -> None:
    _console.print(f"\n{len(done)} measured in {seconds:.0f} s; the tables are in {document.DOCUMENT.name}.")
    for section in done:
        for figure in section.missed:
            _console.print(
                f"  AIM MISSED  {section.name}: {figure.name} is {figure.value:g} {figure.unit}, aim {figure.aim}",
                style="bold red",
                markup=False,
            )
    for name in broken:
        _console.print(f"  BROKEN      {name}: see above; its last result was kept", style="bold red")


if __name__ == "__main__":
    app()
