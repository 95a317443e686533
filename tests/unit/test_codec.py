"""What is written reads back the same: by this version, from an older one, from a newer one."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters import codec
from shared.domain.classification import Known
from shared.domain.crisis import Crisis, Group, JoinedComplaint, Revision, SeatCall, Statement
from shared.domain.events import EVENT, ComplaintReceived, Event, fingerprint
from shared.domain.incident import Clock, Course, Handover, Incident, Ladder
from shared.domain.message import Message, MessageKey
from shared.domain.outcome import Entry
from shared.domain.plain import canonical, plain, read
from shared.domain.publication import Publication, StatementText
from shared.domain.record import Record
from shared.domain.timeline import Line, first_broken, records_on, seal
from shared.domain.timer import Timer
from shared.ports import EarlyEvents, Quarantined, Stored

words = st.text(max_size=30)
names = st.text(min_size=1, max_size=20)
instants = st.integers(0, 7_000_000_000_000)
maybe_instants = st.none() | instants
figures = st.none() | st.floats(0, 1e12) | st.integers(0, 10**12)
knowns = st.builds(
    Known,
    channel=st.none() | names,
    stated=st.none() | names,
    scope=st.none() | st.sampled_from(["store", "region", "nation"]),
    amount_cny=figures,
    reposts=figures,
    category=st.none() | names,
    department=st.none() | names,
    store=st.none() | names,
    region=st.none() | names,
    product=st.none() | names,
    vip=st.booleans(),
    keywords=st.frozensets(names, max_size=4),
)
verdicts = st.sampled_from(["running", "stopped", "met", "missed", "cancelled"])
clocks = st.builds(
    Clock,
    key=names,
    name=names,
    milestone=st.booleans(),
    duration=instants,
    deadline=instants,
    warn_at=instants,
    verdict=verdicts,
    left=maybe_instants,
    ended=maybe_instants,
    level=st.none() | names,
    answered=maybe_instants,
)


def whole(kind: type[Any], **known: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Every field drawn by its type, those with a default too."""
    return st.builds(kind, **{field.name: ... for field in fields(kind)} | known)


def few(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


joined_complaints = whole(JoinedComplaint, amount_cny=figures, earlier_cny=figures, reposts=figures)
crises = whole(Crisis, grade=st.sampled_from(["blue", "yellow", "red"]), joined=few(joined_complaints))
groups = whole(Group, seats=few(whole(SeatCall)))
statements = whole(Statement, revisions=few(whole(Revision)))
courses = st.builds(
    Course,
    opened_at=instants,
    level=names,
    known=knowns,
    clocks=st.lists(clocks, max_size=5).map(tuple),
    phase=st.sampled_from(["open", "waiting", "awaiting_confirmation", "resolved", "closed"]),
    holder=st.none() | names,
    holder_is_person=st.booleans(),
    reopenings=st.integers(0, 99),
    acknowledged=st.booleans(),
    last=st.tuples(instants, words),
    crisis=st.none() | crises,
)
feeds = st.lists(names, max_size=3).map(tuple)
ladders = st.builds(Ladder, feeds=feeds, rung=st.integers(1, 9), round=st.integers(0, 9), window_end=instants)
handovers = st.builds(Handover, giver=st.none() | names, taker=names, window_end=instants, since=instants)
counts = st.integers(0, 10**6)
incidents = st.builds(
    Incident,
    id=names,
    source=names,
    subject=words,
    summary=words,
    rules=names,
    chain=names,
    course=courses,
    version=counts,
    epoch=counts,
    fence=counts,
    step=counts,
    ladder=st.none() | ladders,
    paged=st.lists(st.integers(1, 9), max_size=5).map(tuple),
    warned=feeds,
    entered=feeds,
    quiet_since=instants,
    nudge_above_at=maybe_instants,
    handover=st.none() | handovers,
    remind_at=maybe_instants,
    silent_until=st.none() | instants,
    paused_feeds=st.lists(names, max_size=3).map(tuple),
    link=st.none() | names,
    group=st.none() | groups,
    statements=few(statements),
    drill=st.booleans(),
    next_step_at=maybe_instants,
    next_step=st.none() | names,
)
timers = st.builds(
    Timer,
    due=instants,
    kind=st.sampled_from(["incident", "early", "digest", "heartbeat"]),
    subject=names,
    step=counts,
    hour=st.integers(0, 2_000_000),
)
storeds = st.builds(
    Stored, incident=incidents, alarm=st.none() | timers, lines=counts, head=st.text("0123456789abcdef", max_size=64)
)
vias = st.sampled_from(["sms", "email", "webhook"])
people = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
keys = st.builds(MessageKey, incident=names, step=counts, person=people, via=vias, attempt=st.integers(1, 9))
messages = st.builds(
    Message,
    key=keys,
    kind=st.sampled_from(["page", "tell", "digest"]),
    reason=names,
    level=words,
    at=instants,
    due=instants,
    epoch=counts,
    fence=st.none() | counts,
    clock=st.none() | names,
    also=feeds,
    rung=words,
    about=words,
    urgent=st.booleans(),
    perhaps_again=st.booleans(),
    state=st.sampled_from(["pending", "sending", "sent", "failed", "unknown", "called_back", "held"]),
    sending_at=maybe_instants,
    reference=st.none() | names,
    tries=counts,
    items=feeds,
    drill=st.booleans(),
)
records = st.builds(
    Record,
    time=instants,
    id=names,
    type=names,
    by=st.none() | names,
    rung=st.integers(0, 9),
    known=st.none() | knowns,
    level=st.none() | names,
    score=st.none() | st.integers(1, 5),
    milestone=st.none() | names,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
entries = st.builds(
    lambda at, kind, data, record: Entry(at, kind, {**data, **({"record": record} if record else {})}),
    instants,
    names,
    st.dictionaries(names.filter(lambda name: name != "record"), anything, max_size=3),
    st.none() | records,
)


@given(storeds)
def test_an_incident_reads_back_as_it_was_written(stored: Stored) -> None:
    assert codec.stored_from(stored.incident.id, codec.stored_item(stored)) == stored


@given(storeds)
def test_one_incident_has_one_text(stored: Stored) -> None:
    again = codec.stored_from(stored.incident.id, codec.stored_item(stored))

    assert codec.stored_item(again) == codec.stored_item(stored)


@given(messages)
def test_a_message_reads_back_as_it_was_written(message: Message) -> None:
    assert codec.message_from(codec.message_item(message)) == message


@given(keys)
def test_a_message_is_known_by_its_keys_alone(key: MessageKey) -> None:
    assert codec.message_key_from(key.incident, key.sort) == key


@given(timers)
def test_a_timer_reads_back_from_its_keys(timer: Timer) -> None:
    assert codec.timer_from_text(codec.timer_text(timer)) == timer


@given(st.lists(entries, max_size=4), words, counts, instants)
def test_a_line_reads_back_sealed_as_it_was(written: list[Entry], previous: str, number: int, at: int) -> None:
    line = seal(previous, number, at, written)
    loaded = codec.line_from(number, codec.line_item(line))

    assert loaded == line
    assert seal(previous, number, at, loaded.entries).hash == line.hash


@given(st.lists(records, max_size=4))
def test_the_records_of_events_survive_on_the_timeline(written: list[Record]) -> None:
    line = seal("", 1, 5, [Entry(record.time, record.type, {"record": record, "source": "crm"}) for record in written])

    assert records_on([codec.line_from(1, codec.line_item(line))]) == tuple(written)


@given(st.lists(st.lists(entries, max_size=2), min_size=2, max_size=5), st.data())
def test_whatever_is_changed_on_a_chain_its_first_broken_line_is_named(
    steps: list[list[Entry]], data: st.DataObject
) -> None:
    lines: list[Line] = []
    for number, step in enumerate(steps, 1):
        lines.append(seal(lines[-1].hash if lines else "", number, number, step))
    assert first_broken(lines) is None

    spot = data.draw(st.integers(0, len(lines) - 1))
    forged = replace(lines[spot], entries=(*lines[spot].entries, Entry(1, "forged", {})))
    assert first_broken([*lines[:spot], forged, *lines[spot + 1 :]]) == spot + 1
    resealed = seal(forged.previous, forged.number, forged.at, forged.entries)
    following = spot + 2 if spot + 1 < len(lines) else None
    assert first_broken([*lines[:spot], resealed, *lines[spot + 1 :]]) == following
    if spot + 1 < len(lines):
        assert first_broken([*lines[:spot], *lines[spot + 1 :]]) == spot + 1


def complaint(**data: object) -> Event:
    return EVENT.validate_python(
        {
            "specversion": "1.0",
            "id": "1",
            "source": "crm/hotline",
            "type": "complaint.received",
            "time": "2026-03-01T08:30:00.250+08:00",
            "subject": "C-1",
            "traceparent": "00-abc",
            "data": {"summary": "牛奶变质", "channel": "hotline", **data},
        }
    )


def test_an_early_event_reads_back_with_its_unknown_fields() -> None:
    event = complaint(
        customer={"name": "王", "phone": "+8613800000000", "tier": 3},
        amount_cny=12.5,
        attachments=[{"name": "photo", "sha256": "0" * 64}],
        loyalty={"points": 7},
    )
    early = EarlyEvents("inc-1", (event,), 1, 5)

    loaded = codec.early_from("inc-1", codec.early_item(early))

    assert loaded == early
    assert fingerprint(loaded.events[0]) == fingerprint(event)
    assert isinstance(loaded.events[0], ComplaintReceived)
    assert loaded.events[0].data.model_extra == {"loyalty": {"points": 7}}


@pytest.mark.parametrize("body", ["", "{", "好" * 30_000, "x" * 500_000])
def test_a_quarantined_body_is_kept_as_it_came_and_fits_an_item(body: str) -> None:
    quarantined = Quarantined("q/1", 5, "invalid", "field required", body, "queue")
    item = codec.quarantined_item(quarantined)

    assert codec.quarantined_from(item) == quarantined
    assert (
        sum(len(value if isinstance(value, bytes) else value.encode()) for a in item.values() for value in a.values())
        < 400_000
    )


def an_incident() -> Incident:
    opened = 1_772_323_200_000
    return Incident(
        id="inc-" + "a" * 20,
        source="crm/hotline",
        subject="C-2026-000123",
        summary="The milk was sour and nobody answers the phone",
        rules="retail@4f3a2b1c9d8e",
        chain="default",
        course=Course(
            opened_at=opened,
            level="ordinary",
            known=Known(channel="hotline", category="food", store="S-12", region="north", amount_cny=128.0),
            clocks=tuple(
                Clock(f"{name}#1", name, False, 7_200_000, opened + 7_200_000, opened + 5_760_000)
                for name in ("respond", "propose", "resolve")
            ),
            last=(opened, "evt-000123"),
        ),
        version=1,
        step=1,
        paged=(1,),
        quiet_since=opened,
        next_step_at=opened + 5_760_000,
        next_step="warning",
    )


def test_a_simple_incident_is_well_below_a_kilobyte() -> None:
    incident = an_incident()
    alarm = Timer(incident.next_step_at or 0, "incident", incident.id, 1, 492_312)
    item = codec.stored_item(Stored(incident, alarm, 1, "f" * 64)) | {"PK": {"S": incident.id}, "SK": {"S": "META"}}

    size = sum(len(name) + len(str(value).encode()) for name, attribute in item.items() for value in attribute.values())

    assert size < 850


def a_crisis() -> Incident:
    """The group of twelve, three rungs with their revisions, fifty complaints about the same matter."""
    opened = an_incident().course.opened_at
    roles = {"commander": 1, "quality": 3, "legal": 2, "service": 5, "public_relations": 1}
    seats = [f"{role}.{number}" if count > 1 else role for role, count in roles.items() for number in range(count)]
    people = [f"{seat}.{team}.{who}" for seat in seats for team in ("east-china", "south-china") for who in "ab"]
    joined = tuple(
        JoinedComplaint(f"inc-{number:020x}", f"C-2026-{number:06d}", "好" * 500, "region", 128_000.5, 70_000 + number)
        for number in range(50)
    )
    course = replace(
        an_incident().course,
        clocks=tuple(
            Clock(
                f"{name}#1", name, milestone, 7_200_000, opened + 7_200_000, opened + 5_760_000, "missed", None, opened
            )
            for milestone in (False, True)
            for name in ("respond", "propose", "resolve", "group", "muster", "plan", "review", "full_chain")
        ),
        crisis=Crisis(
            *("public", "red", opened, opened, opened, "wang.gang", tuple(zip(seats, people, strict=False))),
            guests=tuple(people[-8:]),
            joined=joined,
        ),
    )
    calls = tuple(SeatCall(seat, seat, tuple(people[:5]), tuple(people[:4]), opened) for seat in seats)
    revisions = tuple(
        Revision(
            *(number, people[0], opened, "f" * 64, ("public_relations",)),
            approvals=tuple((role, people[number]) for role in roles),
            rejected_by=people[1],
        )
        for number in range(1, 9)
    )
    ladder = tuple(
        Statement(rung, opened, opened, opened, opened, ("half", "soon", "late"), revisions)
        for rung in ("first", "progress", "full")
    )
    group = Group(calls, 1, tuple(people[:8]), opened)
    return replace(an_incident(), course=course, group=group, statements=ladder, step=900)


def size_of(item: dict[str, Any]) -> int:
    values = ((name, next(iter(attribute.values()))) for name, attribute in item.items())
    return sum(len(name) + len(value if isinstance(value, bytes) else str(value).encode()) for name, value in values)


def test_a_crisis_with_everything_in_it_is_far_below_what_an_item_holds() -> None:
    item = codec.stored_item(Stored(a_crisis(), None, 900, "f" * 64))

    assert codec.stored_from(a_crisis().id, item).incident == a_crisis()
    assert size_of(item) < 40_000
    assert len(canonical(plain(a_crisis())).encode()) < 150_000, "nor would it be much without compression"


def test_a_crisis_that_just_began_costs_its_own_fields_and_no_defaults() -> None:
    opened = an_incident().course.opened_at
    ordinary = size_of(codec.stored_item(Stored(an_incident(), None, 1, "f" * 64)))
    course = replace(an_incident().course, crisis=Crisis("public", "blue", opened))
    blue = size_of(codec.stored_item(Stored(replace(an_incident(), course=course), None, 1, "f" * 64)))

    assert blue - ordinary < 80


@given(whole(StatementText))
def test_a_text_reads_back_with_the_hash_it_was_approved_by(text: StatementText) -> None:
    loaded = read(StatementText, json.loads(canonical(plain(text))))

    assert (loaded, loaded.hash) == (text, text.hash)


@given(whole(Publication))
def test_a_publication_reads_back_as_it_was_written(publication: Publication) -> None:
    assert read(Publication, json.loads(canonical(plain(publication)))) == publication


def test_a_message_of_an_older_version_is_of_no_drill() -> None:
    message = Message(MessageKey("inc-1", 1, "lin", "sms"), "page", "opened", "ordinary", 1, 1, 0, drill=True)
    item = codec.message_item(message)
    document = json.loads(item["doc"]["S"])
    del document["drill"]

    assert codec.message_from(item | {"doc": {"S": json.dumps(document)}}) == replace(message, drill=False)


def test_an_incident_of_an_older_version_loads_without_the_fields_it_does_not_have() -> None:
    item = codec.stored_item(Stored(an_incident(), None, 1, ""))
    document = json.loads(item["doc"]["S"])
    for newer in ("quiet_since", "next_step", "paged", "step"):
        del document[newer]
    for clock in document["course"]["clocks"]:
        assert "v" not in clock  # a default is not written, so it need not be there

    loaded = codec.stored_from(an_incident().id, item | {"doc": {"S": json.dumps(document)}}).incident

    assert loaded == replace(an_incident(), quiet_since=0, next_step=None, paged=(), step=0)


def test_an_incident_written_at_greater_length_is_the_same() -> None:
    """As versions before wrote it: each clock with its key and whether it is a milestone, the alarm with its keys."""
    incident = an_incident()
    alarm = Timer(incident.next_step_at or 0, "incident", incident.id, 1, 492_312)
    item = codec.stored_item(Stored(incident, alarm, 1, ""))
    document = json.loads(item["doc"]["S"])
    for clock, written in zip(incident.course.clocks, document["course"]["clocks"], strict=True):
        written |= {"k": clock.key, "m": clock.milestone}
    before = item | {"doc": {"S": json.dumps(document)}, "alarm": {"S": codec.timer_text(alarm)}}

    assert codec.stored_from(incident.id, before) == codec.stored_from(incident.id, item)
    assert codec.stored_from(incident.id, item).alarm == alarm


def test_fields_of_a_newer_version_are_passed_over() -> None:
    item = codec.stored_item(Stored(an_incident(), None, 1, ""))
    document = json.loads(item["doc"]["S"]) | {"mood": "tense"}
    document["course"]["known"]["weather"] = "rain"
    document["course"]["clocks"][0]["z"] = 1

    loaded = codec.stored_from(an_incident().id, item | {"doc": {"S": json.dumps(document)}, "colour": {"S": "red"}})

    assert loaded.incident == an_incident()


def test_a_field_that_must_be_there_is_missed_loudly() -> None:
    with pytest.raises(TypeError, match="taker"):
        read(Handover, {"giver": None, "window_end": 5})


def test_a_set_has_one_text_whatever_its_order() -> None:
    assert canonical(plain(Known(keywords=frozenset("hgfedcba")))) == '{"keywords":["a","b","c","d","e","f","g","h"]}'


def test_half_a_surrogate_pair_does_not_break_the_chain() -> None:
    line = seal("", 1, 5, [Entry(1, "kept", {"odd": "\ud83d", "text": "好"})])
    item = codec.line_item(line)

    item["entries"]["S"].encode()
    assert codec.line_from(1, item) == line
