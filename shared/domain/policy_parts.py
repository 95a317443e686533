"""What policies are built of: durations, zones, names, and the model all their parts share."""

from typing import Annotated, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from shared.domain.instants import format_duration, parse_duration


def _duration(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else parse_duration(str(value))


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"'{name}' is no time zone of the IANA list")
    return name


Duration = Annotated[
    int, BeforeValidator(_duration), Field(gt=0), PlainSerializer(format_duration, return_type=str, when_used="json")
]
Zone = Annotated[str, AfterValidator(_zone)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Share = Annotated[float, Field(gt=0, lt=1)]
Via = Literal["sms", "email", "webhook"]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


_P = TypeVar("_P", bound=Part)


def shorter(part: _P, factor: int, *names: str, **changed: object) -> _P:
    """The part with the named durations `factor` times shorter, at least a millisecond, and what else changed."""
    lengths = {name: max(1, length // factor) for name in names if (length := getattr(part, name)) is not None}
    return type(part).model_validate(
        {name: getattr(part, name) for name in type(part).model_fields} | lengths | changed
    )
