"""One seed from its beginning to the verdict."""

from __future__ import annotations

import gc
import os
import random
import secrets
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from shared.adapters import policy_yaml
from shared.application import sweep_timers
from shared.domain import timer
from shared.domain.policy import Policy
from torture.cloud import Cloud
from torture.verdict import verdict
from torture.watch import Violation

_LEFT_LYING = 100_000
"""How many objects may be made before the collector looks; there is little for it, and looking takes its time."""
_SHARDS = 4
"""Of the timers table, for its sixteen are half of all requests of a run, and no rule speaks of how many there are."""
_POLICY = Path(__file__).with_name("policy.yaml")


@dataclass(frozen=True)
class Outcome:
    """What became of a seed.

    Attributes:
        story: what happened, line by line.
        pages: messages the carriers took; incidents: complaints that were opened; calls: requests to AWS.
    """

    seed: int
    violations: tuple[Violation, ...]
    story: tuple[str, ...]
    pages: int
    incidents: int
    calls: int
    published: int


def play(seed: int) -> Outcome:
    """Run a seed."""
    policy = _prepare()
    cloud = Cloud(seed, policy)
    _fix_chance(seed)
    cloud.run()
    return Outcome(
        seed,
        tuple(verdict(cloud)),
        tuple(cloud.clock.told),
        len(cloud.carriers.taken),
        len(cloud.watch.metas),
        cloud.wire.calls,
        sum(row["PK"]["S"] == "PUBLISHED" for row in cloud.store.rows("incidents")),
    )


def _fix_chance(seed: int) -> None:
    """Tokens and the audit's dice follow from the seed, so that a run replays."""
    dice = random.Random(seed + 1)  # noqa: S311 - nobody's secret

    def token(size: int | None = None) -> str:
        return f"{dice.getrandbits((size or 16) * 8):0{(size or 16) * 2}x}"

    secrets.token_urlsafe = token  # type: ignore[assignment]
    secrets.token_hex = token  # type: ignore[assignment]
    random.seed(seed)


@cache
def _prepare() -> Policy:
    """Once a process: no output of Powertools, and the simulation's own policy among those that ship."""
    os.environ.setdefault("POWERTOOLS_METRICS_DISABLED", "true")
    os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "torture")
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")
    os.environ.setdefault("POWERTOOLS_TRACE_DISABLED", "true")
    warnings.filterwarnings("ignore", module="aws_lambda_powertools")  # of metrics that nobody reads here
    text = _POLICY.read_text(encoding="utf-8")
    shipped = policy_yaml.read_text

    def read_text(source: str | Path) -> tuple[str, str]:
        return ("policy.yaml", text) if source == "torture" else shipped(source)

    policy_yaml.read_text = read_text
    for module in (timer, sweep_timers):
        setattr(module, "SHARDS", _SHARDS)  # noqa: B010 - a constant anywhere else
    gc.freeze()
    gc.set_threshold(_LEFT_LYING)
    setattr(policy_yaml, "parse", lru_cache(maxsize=8)(policy_yaml.parse))  # noqa: B010 - pure, and slow
    return policy_yaml.parse(text, "torture")
