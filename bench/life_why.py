"""Why each write and each read is there; one that nobody can explain has no place in a life."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bench.meter import Write

_WHY: Final[Mapping[tuple[str, str], str]] = {
    ("dedup key", "Put"): "an event is applied once (I2)",
    ("incident", "Put"): "its state, claimed by its version (I4); the index finds who is silent (I3)",
    ("incident", "ConditionCheck"): "the fence: nothing is sent after an acknowledgement (I6)",
    ("timer", "Put"): "its next step (I3)",
    ("timer", "Delete"): "the step before is claimed, or has moved (I4)",
    ("line", "Put"): "the timeline (I9)",
    ("message", "Put"): "a message, committed with the step that sends it (I4); the index finds what is stuck",
    ("message", "Update"): "its state: sending before the call (I7), sent, delivered; the index finds it by receipt",
    ("early events", "ConditionCheck"): "no event overtook its complaint meanwhile (I1)",
    ("customer", "Put"): "personal data, apart so that it can be erased (I9)",
    ("storm counter", "Update"): "how many messages a person got this minute",
    ("link", "Put"): "what a page's link stands for, by the hash of its token (I11)",
    ("errand", "Put"): "what is to be done outside the incident, committed with its step (I4)",
    ("errand", "Update"): "an errand is done",
    ("matter of a crisis", "Put"): "complaints about the same matter find the crisis",
    ("crisis that is on", "Put"): "who is signed in finds the crisis",
    ("crisis that is on", "Delete"): "the crisis is over",
    ("statement's text", "Put"): "a revision, so that it can be read and approved (I8)",
    ("publication", "Put"): "what is public, once and unedited (I8)",
}


def why(write: Write) -> str:
    """What a write is for.

    Raises:
        LookupError: nobody said.
    """
    reason = _WHY.get((write.row, write.action))
    if reason is None:
        raise LookupError(f"{write.function} writes ({write.action}) a {write.row}, and nobody said why")
    return reason


_WHY_READ: Final[Mapping[str, str]] = {
    "policy": "which policy is current; asked again after 15 s",
    "dedup key": "whether this event was taken before (I2)",
    "incident": "what is decided on, and shown",
    "early events": "whether an event overtook its complaint (I1)",
    "message": "its state before it moves; an index lags behind, so what it finds is read again",
    "link": "what the token opens (I11)",
    "line": "the course that the page shows",
}


def why_read(row: str) -> str:
    """What a read is for.

    Raises:
        LookupError: nobody said.
    """
    reason = _WHY_READ.get(row)
    if reason is None:
        raise LookupError(f"somebody reads a {row}, and nobody said why")
    return reason
