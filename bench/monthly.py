"""What goes by the clock, whatever happens: ticks, seals, polls of queues, keys and secrets; USD a month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bench.figures import Table
from bench.prices import Prices

_MINUTES: Final = 30 * 24 * 60
_AUDITS: Final = _MINUTES // 5
_SWEEP_READS: Final = 20
"""Sixteen shards of an hour and two cursors, and around the full hour sixteen more; `--only sweep` counts them."""
_SWEEP_WRITES: Final = 2 + 2
"""The watermark, the heartbeat's timer and its claim."""
_AUDIT_READS: Final = 36 + 2 * 8 // 2
_QUEUES: Final = 4
_POLLS_A_MINUTE: Final = 5 * 3
"""Five pollers a queue, each asking for 20 seconds."""
_FUNCTIONS: Final = 15
_KEY_USERS: Final = _FUNCTIONS * 2 + _QUEUES
"""Each asks KMS about every five minutes for a table, a queue or a bucket it works with."""
_SECRETS: Final = 3
_METRICS: Final = 30
_LOGGED_BYTES: Final = 450
"""By a call: a line of its own and one of figures. Lambda itself writes only of calls that go wrong."""


@dataclass(frozen=True)
class Monthly:
    """What a month costs before the first incident."""

    usd: float
    table: Table


def monthly(listed: Prices) -> Monthly:
    """Add it up."""
    rows = tuple(_rows(listed))
    return Monthly(
        sum(usd for _, _, usd in rows),
        Table(
            title="What goes by the clock, a month",
            columns=("what", "how much", "USD"),
            rows=tuple((what, how, round(usd, 2)) for what, how, usd in rows),
        ),
    )


def _rows(listed: Prices) -> Iterator[tuple[str, str, float]]:
    assumed = listed.assumptions
    # A sweep, the arming and the firing of its heartbeat's timer, a proof of life; and the audits.
    ticks, seals = 4 * _MINUTES + _AUDITS, _MINUTES
    called = 2 * _MINUTES + _AUDITS
    seconds = (ticks + seals) * assumed.lambda_billed_ms / 1_000
    yield "Calls by EventBridge Scheduler", f"{called:,}", listed.of("scheduler", called)
    calls = listed.of("lambda_request", ticks + seals)
    time = listed.of("lambda_time", seconds * assumed.lambda_memory_gb)
    yield "Invocations: sweeps, heartbeats, proofs of life, audits, seals", f"{ticks + seals:,}", calls + time
    reads = _MINUTES * _SWEEP_READS + _AUDITS * _AUDIT_READS
    yield "Read units of sweeps and audits", f"{reads:,}", listed.of("dynamodb_read", reads)
    writes = _MINUTES * _SWEEP_WRITES
    yield "Write units of sweeps and heartbeats", f"{writes:,}", listed.of("dynamodb_write", writes)
    yield "Seals put to S3", f"{seals:,}", listed.of("s3_put", seals)
    polls = _QUEUES * _POLLS_A_MINUTE * _MINUTES
    yield "Polls of queues by Lambda", f"{polls:,}", listed.of("sqs_request", polls)
    logged = (ticks + seals) * _LOGGED_BYTES
    yield "Bytes of log", f"{logged:,}", listed.of("logs", logged)
    asked = _KEY_USERS * _MINUTES // 5
    yield "Requests to KMS", f"{asked:,}", listed.of("kms", asked)
    looked = _SECRETS * _MINUTES
    yield "Calls to Secrets Manager", f"{looked:,}", listed.of("secret_call", looked)
    stored = assumed.stored_kb_an_incident * assumed.incidents_a_month / 1_000_000
    kept = listed.of("dynamodb_storage", stored) + listed.of("dynamodb_pitr", stored)
    yield "GB stored and recoverable, of a month's incidents", f"{stored:g}", kept
    yield "Secrets", f"{_SECRETS}", listed.of("secret", _SECRETS)
    yield "Keys", "1", listed.of("key", 1)
    yield "Custom metrics", f"{_METRICS}", listed.of("metric", _METRICS)
