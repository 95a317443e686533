"""The envelope every event comes in (CloudEvents 1.0), and the id of the incident that it names."""

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.event_data import PLAIN, Instant, Name


def incident_id(source: str, subject: str) -> str:
    """The id of the incident that (`source`, `subject`) names: known before anything is stored, safe in a URL."""
    return "inc-" + hashlib.sha256(f"{source}\n{subject}".encode()).hexdigest()[:20]


class Envelope(BaseModel):
    """What every event carries. Clocks are anchored at `time`; (`source`, `subject`) names the incident."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, defer_build=True)

    specversion: Literal["1.0"]
    id: Name
    source: Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\s#<>\"\\^`{|}]+$"), *PLAIN]
    time: Instant
    subject: Name | None = None

    @property
    def incident(self) -> str | None:
        """The id of the incident this event is about, None where it names none."""
        said = vars(self.data)  # type: ignore[attr-defined]  # each type has its own `data`
        if (target := said.get("incident")) is not None:
            return str(target)
        if self.subject is None:
            return None
        return incident_id(said.get("of") or self.source, self.subject)
