"""Errors of a field in words: no validator's jargon, and never the value."""

import pytest
from pydantic import ValidationError

from shared.domain.events import EVENT
from shared.domain.field_words import in_words
from shared.domain.instants import parse_duration, parse_instant

GOOD = {
    "specversion": "1.0",
    "id": "1",
    "source": "crm/hotline",
    "type": "complaint.received",
    "subject": "C-1",
    "time": "2026-03-01T08:30:00Z",
    "data": {"summary": "It leaks", "channel": "store"},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "complaint.exploded"}, "`type` is none that an event may have"),
        ({"source": "a b"}, "must be a URI reference such as crm/hotline, without spaces and `#`"),
        ({"time": "2026-03-01T08:30:00+25:00"}, "names a day, a time of day or a zone that does not exist"),
        ({"time": "2026-02-30T08:30:00Z"}, "names a day, a time of day or a zone that does not exist"),
        ({"time": 5}, "must be an RFC 3339 time with a zone, as a string"),
        (
            {"data": {"summary": "x", "channel": "store", "customer": {"phone": "0800"}}},
            "must be a phone number such as +8613800138000 (E.164)",
        ),
        ({"data": {"channel": "store"}}, "is missing"),
        ({"data": {"summary": 7, "channel": "store"}}, "must be a string"),
    ],
)
def test_a_field_s_error_says_what_to_do(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        EVENT.validate_python(GOOD | change)
    assert said in [in_words(fault) for fault in wrong.value.errors(include_url=False, include_input=False)]


def test_a_duration_of_centuries_is_a_typing_mistake() -> None:
    with pytest.raises(ValueError, match="at most 366d"):
        parse_duration("99999999999999d")
    assert parse_duration("366d") == 366 * 24 * 3_600_000


def test_a_leap_second_is_no_time_of_day_here() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        parse_instant("2026-12-31T23:59:60Z")
