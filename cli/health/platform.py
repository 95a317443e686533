"""Whether what was deployed stands as it should: stacks, tables, functions, keys."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from cli.health.diagnosis import Diagnosis, by_weight, good, must, named, should

_SPARE = 100
"""Lambda keeps so many of an account's executions for functions without a reservation."""
_NEW_ACCOUNT = 10
_OLD_DAYS = 365
_GOOD_STATES = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
_OUTLIVE = ("Stateful", "Site")
"""Kinds of stacks that must not be deleted by mistake."""


@dataclass(frozen=True, slots=True)
class StackState:
    """What CloudFormation says of a stack."""

    status: str
    protected: bool


@dataclass(frozen=True, slots=True)
class TableState:
    """Whether a table can be restored to a point in time, and is protected from deletion."""

    restorable: bool
    protected: bool


def stacks(found: Mapping[str, StackState | None], *, production: bool) -> Iterator[Diagnosis]:
    """Stacks by kind (`Stateful`); None: there is none."""
    area, fine = "stacks", True
    for kind, stack in found.items():
        if stack is None:
            fine = False
            yield must(area, f"the stack Tocsin{kind} is not there", "npx cdk deploy --all -c stage=…")
            continue
        if stack.status.endswith("_IN_PROGRESS"):
            fine = False
            yield should(area, f"Tocsin{kind}: {stack.status}", "wait for it and ask again")
        elif stack.status not in _GOOD_STATES:
            fine = False
            do = "read the stack's events, mend what failed, deploy again"
            heavy = stack.status != "UPDATE_ROLLBACK_COMPLETE"
            yield by_weight(area, f"Tocsin{kind}: {stack.status}", do, heavy=heavy)
        if production and kind in _OUTLIVE and not stack.protected:
            fine = False
            do = "aws cloudformation update-termination-protection --enable-termination-protection, or deploy again"
            yield must(area, f"Tocsin{kind} has no termination protection", do)
    if fine:
        yield good(area, f"{len(found)} stand" + (", those with data protected" if production else ""))


def tables(found: Mapping[str, TableState], *, production: bool, local: bool = False) -> Iterator[Diagnosis]:
    """Tables by what they hold (`incidents`); the emulator (`local`) takes no recovery over from a template."""
    area = "tables"
    without = [name for name, table in found.items() if not table.restorable]
    bare = [name for name, table in found.items() if production and not table.protected]
    if without:
        what = f"point-in-time recovery is off: {named(without)}"
        yield by_weight(area, what, "deploy again; until then nothing of these can be restored", heavy=not local)
    if bare:
        yield must(area, f"not protected from deletion: {named(bare)}", "deploy again (`retain_data`)")
    if not without and not bare:
        yield good(area, f"{len(found)} can be restored to a point in time" + (", protected" if production else ""))


def concurrency(limit: int, wanted: int, *, production: bool) -> Iterator[Diagnosis]:
    """How many functions of the account may run at once, against what the stage may need at its busiest."""
    area = "Lambda limit"
    need = wanted + _SPARE
    if limit < need:
        what = f"{limit} functions of this account may run at once; this stage may want {wanted}, and {_SPARE} to spare"
        do = "ask for more: Service Quotas, Lambda, Concurrent executions"
        yield by_weight(area, what, do, heavy=production or limit <= _NEW_ACCOUNT)
    else:
        yield good(area, f"{limit} at once; this stage may want {wanted}")


def at_work(paused: Collection[str], unfed: Collection[str], off: Collection[str]) -> Iterator[Diagnosis]:
    """Functions that may not run, functions whose source is not enabled, and schedules that are switched off."""
    area = "functions"
    if paused:
        what = f"may not run (reserved concurrency 0): {named(sorted(paused))}"
        yield must(area, what, "tocsin restore resume, if no restore is under way")
    if unfed:
        do = "aws lambda update-event-source-mapping --enabled, or deploy again"
        yield must(area, f"are not fed by their queue or stream: {named(sorted(unfed))}", do)
    if off:
        what = f"schedules are switched off: {named(sorted(off))}"
        yield must(area, what, "deploy again, or enable them in EventBridge Scheduler: without a sweep nobody is paged")
    if not (paused or unfed or off):
        yield good(area, "all may run, are fed, and scheduled")


def key_rotation(on: bool) -> Iterator[Diagnosis]:
    """The key that everything is encrypted with."""
    if on:
        yield good("KMS key", "rotates by itself")
    else:
        yield should("KMS key", "does not rotate by itself", "deploy again, or aws kms enable-key-rotation")


def secrets_age(days: Mapping[str, int]) -> Iterator[Diagnosis]:
    """How long ago each secret was changed, in days."""
    area, old = "secrets", {name: age for name, age in days.items() if age > _OLD_DAYS}
    for name, age in old.items():
        yield should(area, f"{name} is {age} days old", "change it as docs/keys.md says: two values live side by side")
    if not old:
        yield good(area, "none is older than a year")


def placeholders(values: Mapping[str, str]) -> Iterator[Diagnosis]:
    """Settings of production that are still as they came."""
    area = "settings"
    if still := examples_in(values):
        yield must(area, f"still the example: {named(still)}", "set them in infra/stages.py and deploy")
    else:
        yield good(area, "no example is left")


def examples_in(values: Mapping[str, str]) -> list[str]:
    """Names of the settings whose value is one that ships."""
    return [name for name, value in values.items() if any(example in value for example in _EXAMPLES)]


_EXAMPLES = ("tocsin.example", "example.com", "123456789012")
