"""`python -m torture`: run seeds, replay one with its story, or show that the simulation can fail.

Everything in a run follows from its seed; so that sets have one order, too, strings are hashed with a fixed key.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from torture.run import Outcome

app = typer.Typer(no_args_is_help=True, add_completion=False)
_CHUNK = 10
_SAY_EVERY = 5.0

First = Annotated[int, typer.Option(help="the first seed")]
Seeds = Annotated[int, typer.Option(help="how many seeds")]
Workers = Annotated[int, typer.Option(help="processes at a time")]
Record = Annotated[bool, typer.Option("--record", help="write the result into docs/reliability.md")]


@app.command()
def run(seeds: Seeds = 500, first: First = 1, workers: Workers = 2, *, record: Record = False) -> None:
    """Run a range of seeds; the exit code is 1 where any of them breaks an invariant."""
    began, said = time.monotonic(), time.monotonic()
    done: list[Outcome] = []
    bad: list[Outcome] = []
    with ProcessPoolExecutor(workers) as pool:
        chunks = [
            pool.submit(_chunk, range(at, min(at + _CHUNK, first + seeds)))
            for at in range(first, first + seeds, _CHUNK)
        ]
        for future in as_completed(chunks):
            for outcome in future.result():
                done.append(outcome)
                if outcome.violations:
                    bad.append(outcome)
                    _tell(outcome)
            if time.monotonic() - said > _SAY_EVERY:
                said = time.monotonic()
                typer.echo(f"{len(done)} of {seeds} seeds, {len(bad)} broken, {said - began:.0f} s")
    found = {
        "first": first,
        "seeds": len(done),
        "broken": len(bad),
        **{name: sum(getattr(each, name) for each in done) for name in ("incidents", "pages", "published", "calls")},
        "seconds": round(time.monotonic() - began),
        "workers": workers,
        "command": f"make torture SEEDS={seeds} FIRST={first}",
    }
    typer.echo(
        "{seeds} seeds from {first}: {broken} broken. {incidents} incidents, {pages} messages at carriers, {published} "
        "statements, {calls} requests to AWS; {seconds} s".format(**found)
    )
    if record:
        _keep("seeds", found)
    if bad:
        typer.echo(f"replay the first: make torture SEED={min(outcome.seed for outcome in bad)}")
        raise typer.Exit(1)


@app.command()
def replay(seed: int) -> None:
    """Run one seed and tell its story."""
    from torture.run import play  # noqa: PLC0415 - after the hashing is fixed

    outcome = play(seed)
    for line in outcome.story:
        typer.echo(line)
    for violation in outcome.violations:
        typer.echo(f"{violation.rule}: {violation.what}")
    typer.echo(
        f"seed {seed}: {len(outcome.violations)} violations, {outcome.incidents} incidents, {outcome.pages} messages"
    )
    raise typer.Exit(1 if outcome.violations else 0)


@app.command()
def mutants(
    seeds: Seeds = 500, first: First = 1, workers: Workers = 2, only: str = "", *, record: Record = False
) -> None:
    """Switch each protection off, one at a time; the exit code is 1 where the simulation does not notice."""
    from torture.mutants import MUTANTS  # noqa: PLC0415 - see `replay`

    wanted = [mutant.name for mutant in MUTANTS if only in ("", mutant.name)]
    caught: dict[str, dict[str, object]] = {}
    with ProcessPoolExecutor(workers) as pool:
        hunts = {pool.submit(_hunt, name, first, seeds): name for name in wanted}
        for future in as_completed(hunts):
            name, seed, rule, what = future.result()
            caught[name] = {"name": name, "seed": seed, "rule": rule, "what": what}
            if seed is None:
                typer.echo(f"{name:16} LIVES after {seeds} seeds")
            else:
                typer.echo(f"{name:16} caught by seed {seed:3}: {rule} {what[:90]}")
    survivors = [name for name in wanted if caught[name]["seed"] is None]
    typer.echo(f"{len(wanted)} mutants, {len(survivors)} alive")
    if record:
        _keep("mutants", {"mutants": [caught[name] for name in wanted], "command": "make torture-mutants"})
    if survivors:
        raise typer.Exit(1)


def _keep(name: str, found: dict[str, object]) -> None:
    from torture.record import keep  # noqa: PLC0415 - see `replay`

    keep(name, {**found, "at": time.strftime("%Y-%m-%d", time.gmtime())})


def _chunk(seeds: range) -> list[Outcome]:
    from torture.run import play  # noqa: PLC0415 - see `replay`

    return [replace(play(seed), story=()) for seed in seeds]


def _hunt(name: str, first: int, seeds: int) -> tuple[str, int | None, str, str]:
    """The first seed that notices a mutant."""
    from torture.mutants import MUTANTS  # noqa: PLC0415 - see `replay`
    from torture.run import play  # noqa: PLC0415

    mutant = next(each for each in MUTANTS if each.name == name)
    for seed in range(first, first + seeds):
        with mutant.alive():
            found = play(seed).violations
        if found:
            return name, seed, found[0].rule, found[0].what
    return name, None, "", ""


def _tell(outcome: Outcome) -> None:
    for violation in outcome.violations[:3]:
        typer.echo(f"seed {outcome.seed}: {violation.rule} {violation.what}")


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(  # noqa: S606 - itself, once more
            sys.executable, [sys.executable, "-m", "torture", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"}
        )
    app()
