"""Instants and durations: milliseconds UTC inside, RFC 3339 and `30m` at the edges."""

import re
from datetime import UTC, datetime, timedelta

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LONGEST_DURATION = 366 * DAY
"""No promise to a customer takes longer; a typing mistake does."""

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)", re.ASCII)
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def parse_instant(text: str) -> int:
    """Milliseconds UTC of an RFC 3339 time with a zone.

    Raises:
        ValueError: the text is not RFC 3339, has no zone, or names a day or an hour that does not exist.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(
            "must be an RFC 3339 time with a zone, such as 2026-03-01T08:30:00+08:00 or 2026-03-01T00:30:00Z"
        )
    day, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}")
    except ValueError:
        raise ValueError("names a day, a time of day or a zone that does not exist") from None
    milliseconds = int((fraction + "00")[:3]) if fraction else 0
    return (moment - _EPOCH) // _MILLISECOND + milliseconds


def format_instant(instant: int) -> str:
    """RFC 3339 in UTC; milliseconds are written only where there are any."""
    moment = _EPOCH + timedelta(milliseconds=instant)
    return moment.isoformat(timespec="milliseconds" if instant % 1000 else "seconds").replace("+00:00", "Z")


def parse_duration(text: str) -> int:
    """Milliseconds of `45s`, `30m`, `2h`, `7d` or a mixture in that order of size (`1h30m`).

    Raises:
        ValueError: the text is not such a duration, or it is zero.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not text:
        raise ValueError("must be a duration such as 45s, 30m, 2h, 1h30m or 7d")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    length = days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND
    if not length:
        raise ValueError("must be longer than zero")
    if length > LONGEST_DURATION:
        raise ValueError("must be at most 366d")
    return length


def format_duration(length: int) -> str:
    """The short form that `parse_duration` reads; what is below a second is cut off."""
    rest = max(0, length) // SECOND
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
