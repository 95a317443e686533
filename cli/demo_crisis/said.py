"""What a message has to say for its reason, in either language: the demo's own list, not the product's templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cli.demo.carrier import Sent

SAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "opened": ("新到", ": new"),
    "raised": ("已升至本级", "raised to this level"),
    "warning": ("快到期", "time nearly up"),
    "called": ("请您任", "you are called as"),
    "called_b": ("前人未到", "nobody came so far"),
    "milestone_missed": ("超时", " missed"),
    "approval_wanted": ("未起草", "待批", "no draft yet", "waits for you", "未获批", "not approved"),
    "statement_late": ("未发布", "NOT PUBLIC"),
    "brief": ("您已任", "you are in as"),
    "regraded": ("已升至此等级", "raised to this grade"),
    "drafted": ("已起草", " drafted"),
    "published": ("已发布", "published"),
    "seat_taken": ("已由他人担任", "is taken by somebody else"),
    "seat_empty": ("无人到位", "NOBODY for"),
    "unacknowledged": ("无人接手", "nobody took over"),
    "missed": ("超时", " missed"),
    "stood_down": ("已解除", "stood down"),
}
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "first": ("首次通报", "First statement"),
    "progress": ("进展通报", "Progress"),
    "full": ("完整报告", "Full report"),
    "plan": ("初步方案", "plan"),
}


def says(sent: Sent, reason: str, about: str | None = None) -> bool:
    """Whether a message gives a reason, and names the statement or milestone it is about."""
    named = any(name in sent.head for name in NAMES.get(about or "", ("",)))
    return named and any(words in sent.head for words in SAYS.get(reason, ()))
