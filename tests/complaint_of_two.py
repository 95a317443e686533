"""The complaint that people read of in tests of words and pages: case C-1042, on a Sunday at two in Shanghai."""

from typing import Any

from shared.domain.course import opened
from shared.domain.events import EVENT
from shared.domain.incident import Incident
from shared.domain.instants import parse_instant
from shared.domain.policy import Policy
from shared.domain.record import record_of

TWO = "2026-03-01T14:00:00+08:00"
T0 = parse_instant(TWO)


def received(policy: Policy, rules: str, summary: str, **facts: Any) -> Incident:
    """It came in just now, by the default chain; `facts` of `complaint.received`, of a store where they do not say."""
    raw = {
        "specversion": "1.0",
        "id": "1",
        "source": "crm",
        "type": "complaint.received",
        "time": TWO,
        "subject": "C-1042",
        "data": {"channel": "store", "summary": summary, **facts},
    }
    course = opened(record_of(EVENT.validate_python(raw), policy, 0), policy)
    return Incident("inc-1", "crm", "C-1042", summary, rules, "default", course)
