"""Incidents and commits made for the contract suite."""

from dataclasses import replace
from typing import Any

from shared.domain.classification import Known
from shared.domain.errand import Errand
from shared.domain.events import EVENT, Event
from shared.domain.incident import Clock, Course, Incident
from shared.domain.message import Message, MessageKey, MessageState
from shared.domain.outcome import Entry
from shared.domain.policy_parts import Via
from shared.domain.publication import Publication, StatementText
from shared.domain.record import Record
from shared.domain.timeline import seal
from shared.domain.timer import Timer, timer_for
from shared.ports import Commit, Stored, TakenEvent

NOW = 1_772_323_200_000
MINUTE = 60_000


def taken(
    event: str = "e1", incident: str = "inc-1", fingerprint: str = "f1", source: str = "crm/hotline"
) -> TakenEvent:
    return TakenEvent(source, event, fingerprint, incident)


def record(event: str = "e1", at: int = NOW) -> Record:
    return Record(at, event, "complaint.received", known=Known(channel="web", keywords=frozenset({"fire", "flood"})))


def opening(incident: str = "inc-1", event: str = "e1", due: int = NOW + MINUTE, **changed: Any) -> Commit:
    """What opens an incident: version 1, a timer, one line, a dedup key."""
    course = Course(
        opened_at=NOW,
        level="ordinary",
        known=Known(channel="web", reposts=3),
        clocks=(Clock("respond#1", "respond", milestone=False, duration=MINUTE, deadline=due, warn_at=due),),
        last=(NOW, event),
    )
    opened = Incident(
        id=incident,
        source="crm/hotline",
        subject="C-1",
        summary="Sour milk",
        rules="retail@1",
        chain="default",
        course=course,
        version=1,
        fence=1,
        next_step_at=due,
        next_step="deadline",
    )
    entry = Entry(NOW, "complaint.received", {"event": event, "record": record(event)})
    line = seal("", 1, NOW, [entry])
    stored = Stored(opened, timer_for("incident", incident, due, 1, NOW), 1, line.hash)
    commit = Commit(stored, None, None, line, taken=(taken(event, incident),))
    return replace(commit, **changed)


def following(stored: Stored, *, due: int | None = None, event: str | None = None, **changed: Any) -> Commit:
    """The next step of an incident; its alarm moves where `due` is given. `changed` may name parts of the commit."""
    version = stored.incident.version + 1
    at = NOW + version
    alarm = stored.alarm if due is None else timer_for("incident", stored.incident.id, due, version, NOW)
    incident = replace(stored.incident, version=version, next_step_at=alarm.due if alarm else None)
    incident = replace(incident, **changed.pop("incident", {}))
    entries = [Entry(at, "stepped", {"version": version})]
    if event is not None:
        entries.append(Entry(at, "complaint.updated", {"record": replace(record(event), type="complaint.updated")}))
    line = seal(stored.head, stored.lines + 1, at, entries)
    commit = Commit(
        Stored(incident, alarm, line.number, line.hash),
        expected=stored.incident.version,
        alarm_before=stored.alarm,
        line=line,
        taken=(taken(event, incident.id),) if event else (),
    )
    return replace(commit, **changed)


def message(
    person: str = "lin",
    *,
    incident: str = "inc-1",
    step: int = 1,
    via: Via = "sms",
    fence: int | None = 1,
    at: int = NOW,
    state: MessageState = "pending",
    attempt: int = 1,
) -> Message:
    return Message(
        key=MessageKey(incident, step, person, via, attempt),
        kind="page",
        reason="missed",
        level="ordinary",
        at=at,
        due=at,
        epoch=0,
        fence=fence,
        also=("propose",),
        rung="supervisor",
        state=state,
    )


def errand(name: str = "publish-first-1", incident: str = "inc-1", at: int = NOW, **data: Any) -> Errand:
    return Errand(incident, name, "publish", at, data or {"rung": "first", "revision": 1, "published_at": at})


def statement_text(rung: str = "first", revision: int = 1, said: str = "事实已确认") -> StatementText:
    return StatementText(rung, revision, (("en", "Facts"), ("zh-CN", said)), (("report.pdf", "a" * 64),))


def publication(rung: str = "first", revision: int = 1, incident: str = "inc-1", at: int = NOW) -> Publication:
    return Publication(
        crisis=f"public-{incident}",
        incident=incident,
        rung=rung,
        revision=revision,
        published_at=at,
        due=NOW + MINUTE,
        text=(("en", "Facts"), ("zh-CN", "事实已确认")),
        hash="f" * 64,
        kind=(("en", "Public crisis"),),
        titles=(("en", "First statement"),),
        corrects=revision > 1,
    )


def update(event: str, incident_subject: str = "C-1") -> Event:
    """An event as it may overtake its complaint."""
    return EVENT.validate_python(
        {
            "specversion": "1.0",
            "id": event,
            "source": "crm/hotline",
            "type": "complaint.updated",
            "time": "2026-03-01T00:00:00Z",
            "subject": incident_subject,
            "data": {"reposts": 600, "customer": {"name": "Li"}, "mood": "angry"},
        }
    )


def timer(subject: str = "lin", due: int = NOW, step: int = 1) -> Timer:
    return timer_for("digest", subject, due, step, NOW)
