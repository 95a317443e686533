"""How fast it starts and thinks, and how large it is: cold imports of the bundles, `tocsin simulate`, zipped sizes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import boto3

from bench.figures import Figure, Section, Table, held_to
from infra import bundle
from infra.stages import Runtime
from shared.domain.events import EVENT

MOST_IMPORT_RATIO: Final = 1.6
MOST_MEGABYTES: Final = 8
EVENTS: Final = bundle.ROOT / "tests" / "data" / "servicenow-2days.jsonl"
_IN_THE_RUNTIME: Final = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
_ROUNDS: Final = 7
_CLIENT: Final = "import boto3; boto3.client('dynamodb')"
_READY: Final = (
    "from shared.adapters import aws, policy_yaml; aws.dynamodb(); "
    "policy_yaml.parse(policy_yaml.read_text('retail')[1], 'retail')"
)
"""What a first call adds where it asks the store and decides by a policy."""
_REGION: Final = {"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1"}
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Start:
    """Of one handler: the least seconds, and the medians of its ratios to a bare client that was made just before.

    Attributes:
        ready: the ratio of the import with what a first call adds.
    """

    seconds: float
    ratio: float
    ready: float


def measure(say: Callable[[str], None]) -> Section:
    """Sizes, then simulate, then the imports."""
    names = sorted(path.parent.name for path in (bundle.ROOT / "functions").glob("*/handler.py"))
    say("bundles")
    # With bytecode in it, for which this machine needs an interpreter of the runtime's version.
    of = Runtime.aws() if bundle.interpreter(Runtime.aws().python) else Runtime.this_machine()
    layer = bundle.dependency_layer(of).stat().st_size / _MEGABYTE
    sizes = {name: _zipped(bundle.function_code(name, of)) / _MEGABYTE for name in names}
    say("simulate")
    played, read = _simulated()
    say(f"cold imports of {len(names)} handlers")
    client, starts = _imports(names)
    slowest = max(starts, key=lambda name: starts[name].ratio)
    return Section(
        name="speed",
        title="Starting, thinking, size",
        about=_ABOUT,
        figures=(
            held_to(
                Figure(
                    name="Cold import of the slowest handler, by a bare DynamoDB client",
                    value=round(starts[slowest].ratio, 2),
                    note=f"{slowest}; the median of {_ROUNDS} fresh interpreters, each beside one that makes a client.",
                ),
                "at most",
                MOST_IMPORT_RATIO,
            ),
            Figure(
                name="Cold import of the slowest handler",
                value=round(starts[slowest].seconds * 1_000),
                unit="ms",
                baseline=round(client * 1_000),
            ),
            Figure(
                name="The slowest until its first client is made and its policy read, by a bare DynamoDB client",
                value=round(max(start.ready for start in starts.values()), 2),
                note="What a first call adds where it needs both; some functions need neither policy nor YAML.",
            ),
            Figure(
                name="Incidents simulated a second",
                value=round(played),
                unit="/s",
                baseline=round(read),
                note="Of the real stream in tests/data; the baseline reads and checks its events, and decides nothing.",
            ),
            held_to(
                Figure(
                    name="What AWS unpacks for the largest function, zipped",
                    value=round(layer + max(sizes.values()), 2),
                    unit="MB",
                    note=f"The layer is {layer:.2f} MB of it; built for Python {of.python} on {of.architecture}.",
                ),
                "at most",
                MOST_MEGABYTES,
            ),
        ),
        tables=(
            Table(
                title="Each function",
                columns=("function", "import, ms", "by a bare client", "with client and policy", "code zipped, KB"),
                rows=tuple(
                    (
                        name,
                        round(starts[name].seconds * 1_000),
                        round(starts[name].ratio, 2),
                        round(starts[name].ready, 2),
                        round(sizes[name] * 1_000),
                    )
                    for name in names
                ),
            ),
        ),
    )


def cold_import(paths: list[Path], statement: str) -> float:
    """Seconds of processor time that a statement takes a fresh interpreter that sees these folders and writes nothing.

    Raises:
        RuntimeError: it failed.
    """
    program = (
        f"import sys, time; sys.path[:0] = {[str(path) for path in paths]!r}\n"
        f"began = time.process_time()\n{statement}\nprint(time.process_time() - began)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-I", "-S", "-B", "-c", program], env=_REGION, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout.split()[-1])


def _imports(names: list[str]) -> tuple[float, dict[str, _Start]]:
    """What the bare client takes, and each handler's start."""
    runtime = Runtime.this_machine()
    with tempfile.TemporaryDirectory() as folder:
        layer, given = Path(folder, "layer"), Path(folder, "runtime")
        with zipfile.ZipFile(bundle.dependency_layer(runtime)) as archive:
            archive.extractall(layer)
        given.mkdir()
        for name in _IN_THE_RUNTIME:
            (given / name).symlink_to(Path(boto3.__file__).parent.parent / name)
        paths = [layer / "python", given]
        client: list[float] = []
        took: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
        ready: dict[str, list[float]] = {name: [] for name in names}
        for number in range(_ROUNDS):
            for name in names:
                code, imported = bundle.function_code(name, runtime), f"import functions.{name}.handler"
                client.append(cold_import(paths, _CLIENT))
                alone = cold_import([code, *paths], imported)
                took[name].append((alone, alone / client[-1]))
                if number % 3 == 0:
                    ready[name].append(cold_import([code, *paths], f"{imported}; {_READY}") / client[-1])
    return min(client), {
        name: _Start(min(alone for alone, _ in each), median(ratio for _, ratio in each), median(ready[name]))
        for name, each in took.items()
    }


def _simulated() -> tuple[float, float]:
    """Incidents a second: simulated, and merely read."""
    runs = [_simulate_once() for _ in range(5)]
    incidents = int(runs[0]["incidents"])
    lines = EVENTS.read_bytes().splitlines()
    reading = []
    for _ in runs:
        began = time.perf_counter()
        for line in lines:
            EVENT.validate_json(line)
        reading.append(time.perf_counter() - began)
    return incidents / min(float(run["wall_seconds"]) for run in runs), incidents / min(reading)


def _simulate_once() -> dict[str, Any]:
    command = [
        str(Path(sys.executable).parent / "tocsin"),
        "simulate",
        "--events",
        str(EVENTS),
        "--policy",
        "it-service-desk",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=bundle.ROOT)  # noqa: S603 - our own
    return dict(json.loads(done.stdout))


def _zipped(folder: Path) -> int:
    """Bytes of a function's code as the CDK uploads it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return packed.tell()


_ABOUT: Final = (
    "Each handler is imported from its built bundle and the layer by a fresh interpreter that may not write bytecode, "
    "as Lambda's folders are read-only; boto3 is the runtime's own, with its bytecode. The ratio is to creating a bare "
    "boto3 DynamoDB client the same way, just before; both in processor time, and still a busy machine moves it by a "
    "tenth or two. Clients are made and policies read at the first call that asks for them: the last column but one "
    "is the import with both, whether the function needs them or not. `tocsin simulate` runs the real stream of "
    "tests/data from the file to the summary."
)
