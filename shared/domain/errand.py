"""What a step asks to be done outside its own incident, after it committed: once, however often it is tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ErrandKind = Literal["publish", "join", "adopt", "end_drills", "renew"]


@dataclass(frozen=True)
class Errand:
    """One errand, committed with the step that asked for it.

    Attributes:
        name: unique in its incident, the same however often the step is decided.
        kind: `publish`: bring a published revision onto the public site; `join`: tell a crisis of a complaint about
            its matter; `adopt`: tell a complaint that it was joined by hand; `end_drills`: a real crisis ends
            them, and of two drills the older one the newer; `renew`: a passed drill renews qualifications.
        data: plain JSON values.
    """

    incident: str
    name: str
    kind: ErrandKind
    at: int
    data: Mapping[str, Any] = field(default_factory=dict)
