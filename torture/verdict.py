"""What must be true once the world has calmed down and everything had time to settle (I1 to I11)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from shared.adapters import codec
from shared.domain.heads import SealedObject
from shared.domain.instants import MINUTE, SECOND
from shared.domain.outcome import Entry
from shared.domain.timeline import Line, first_broken
from torture.clockwork import END_OF_TIME
from torture.cloud import CALMS_DOWN, EVIDENCE, SITE, TABLES, Cloud
from torture.watch import Row, Violation

Item = dict[str, Any]

_SETTLED = 3 * MINUTE
_ON_TIME = 5 * SECOND
_APPROVERS = {"commander": {"fay", "gus", "leo", "mia"}, "legal": {"hal", "ida", "ned", "ola"}}
_OF_LADDER = frozenset({"missed", "unacknowledged", "repeat"})
_PERSONAL = re.compile(r"\+86\d{6,}|[a-z]+@example\.(?:com|net)|t\.example/[0-9a-f]{16}|key-[a-z]+|milk|kettle")
"""Numbers, addresses, links, keys and words of complaints, as the story has them."""
_ENDS_WELL = frozenset({"sent", "delivered", "called_back", "digested"})


def verdict(cloud: Cloud) -> list[Violation]:
    """Everything that is wrong with a run, what was seen on the way first."""
    found = list(cloud.watch.violations)
    timelines = _timelines(cloud)
    entries = {incident: [e for line in lines for e in line.entries] for incident, lines in timelines.items()}
    for rule, checks in (
        ("I1", _lost_events(cloud, entries)),
        ("I2", _doubled_events(cloud, timelines)),
        ("I3", _silent(cloud)),
        ("I4", _stale_replayed(timelines)),
        ("I5", _late(cloud, timelines)),
        ("I7", _dropped(cloud, entries)),
        ("I8", _statements(cloud, entries)),
        ("I9", _chains(cloud, timelines)),
        ("I11", iter(cloud.wire.wrote_while_reading)),
        ("I12", _logged(cloud)),
        ("rest", _left_over(cloud)),
    ):
        found += [Violation(rule, what) for what in checks]
    found += [Violation("bug", f"{type(error).__name__}: {error}") for error in cloud.clock.errors]
    return found


def _rows(cloud: Cloud, sort: str) -> Iterator[Item]:
    return (row for row in cloud.store.rows(TABLES.incidents) if row["SK"]["S"] == sort)


def _timelines(cloud: Cloud) -> dict[str, list[Line]]:
    lines: dict[str, list[Line]] = {}
    for row in cloud.store.rows(TABLES.timeline):
        lines.setdefault(row["PK"]["S"], []).append(codec.line_from(int(row["SK"]["S"]), row))
    return lines


def _lost_events(cloud: Cloud, entries: dict[str, list[Entry]]) -> Iterator[str]:
    """Each event that a door took is on a timeline, in quarantine, or waits for its complaint."""
    kept = {(e.data["source"], e.data["event"]) for each in entries.values() for e in each if "record" in e.data}
    for row in _rows(cloud, "QUARANTINE"):
        kept.add(_named(codec.text_from(row["body"])))
    for row in _rows(cloud, "EARLY"):
        kept |= {(raw["source"], raw["id"]) for raw in json.loads(codec.text_from(row["events"]))}
    for sent in cloud.telling.story.sent:
        if sent.taken and (sent.source, sent.id) not in kept:
            yield f"{sent.id} ({sent.kind} of {sent.subject}) was taken and is nowhere"


def _named(body: str) -> tuple[str, str]:
    try:
        raw = json.loads(body)
        raw = raw.get("event", raw)
        return raw.get("source", ""), raw.get("id", "")
    except (ValueError, AttributeError):
        return "", ""


def _doubled_events(cloud: Cloud, timelines: dict[str, list[Line]]) -> Iterator[str]:
    """No event is applied twice, nor put aside as one without a complaint after it was applied.

    The other way round is fine: it was put aside, its complaint came, and so did another copy of it.
    """
    times: Counter[tuple[str, str]] = Counter()
    applied: dict[tuple[str, str], int] = {}
    for line in (line for lines in timelines.values() for line in lines):
        for entry in line.entries:
            if "record" in entry.data:
                name = (entry.data["source"], entry.data["event"])
                times[name] += 1
                applied[name] = line.at
    for (source, event), often in times.items():
        if often > 1:
            yield f"{event} of {source} was applied {often} times"
    for row in _rows(cloud, "QUARANTINE"):
        named = _named(codec.text_from(row["body"]))
        aside_at = int(row["at"]["N"])
        if row["reason"]["S"] == "no_complaint" and aside_at > applied.get(named, aside_at):
            yield f"{named[1]} of {named[0]} was applied, and put aside, too"
    for row in _rows(cloud, "EARLY"):
        if row["PK"]["S"] in cloud.watch.metas:
            yield f"{row['PK']['S']} is open, and events wait for it"


def _silent(cloud: Cloud) -> Iterator[str]:
    """An open incident has a next step in the future, and a timer that will take it."""
    timers = {f"{row['PK']['S']}|{row['SK']['S']}" for row in cloud.store.rows(TABLES.timers)}
    parked = {row["SK"]["S"] for row in cloud.store.rows(TABLES.incidents) if row["PK"]["S"] == "PARKED"}
    for incident, row in cloud.watch.metas.items():
        stored = codec.stored_from(incident, row)
        if not stored.incident.is_open and stored.incident.next_step_at is None:
            continue
        due = stored.incident.next_step_at
        if due is None:
            yield f"{incident} is open and waits for nothing"
        elif due < cloud.clock.now - _SETTLED:
            yield f"{incident} has waited for {stored.incident.next_step} since {due - cloud.clock.now} ms"
        elif stored.alarm is None or codec.timer_text(stored.alarm) not in timers | parked:
            yield f"{incident} waits for a timer that is not there"


def _stale_replayed(timelines: dict[str, list[Line]]) -> Iterator[str]:
    """Of the rungs whose time has passed only the one that is due now is paged (Late arrival, outage)."""
    for incident, lines in timelines.items():
        for line in lines:
            rungs = {
                entry.data["rung"]
                for entry in line.entries
                if entry.kind == "paged" and entry.data["reason"] in _OF_LADDER
            }
            handed_back = any(entry.kind == "handover_lapsed" for entry in line.entries)  # to its giver and above
            if len(rungs) > 1 + 2 * handed_back:
                yield f"{incident} paged {', '.join(sorted(rungs))} of its ladder in one step ({line.number})"


def _late(cloud: Cloud, timelines: dict[str, list[Line]]) -> Iterator[str]:
    """In a calm world pages go out on time; in one where nothing went wrong, always."""
    nothing_wrong = not any(vars(cloud.drawn).values())
    by_timers = _paged_by_timers(timelines)
    for row in cloud.watch.rows.values():
        message = row.message
        key = message.key
        if message.kind != "page" or key.attempt > 1 or not row.taken:
            continue
        if message.due < CALMS_DOWN + 10 * MINUTE and not nothing_wrong:
            continue
        decided = message.at - message.due if (key.incident, key.step) in by_timers else 0
        carried = row.taken[0].at - message.at
        if max(decided, carried) > _ON_TIME:
            yield f"{key} ({message.reason}) was decided {decided} ms late, and {carried} ms later it was sent"


def _paged_by_timers(timelines: dict[str, list[Line]]) -> set[tuple[str, int]]:
    """Steps that nothing but the time brought about: an event that arrives late has its pages late, too."""
    return {
        (incident, entry.data["step"])
        for incident, lines in timelines.items()
        for line in lines
        if not any("record" in entry.data for entry in line.entries)
        for entry in line.entries
        if entry.kind == "paged"
    }


def _dropped(cloud: Cloud, entries: dict[str, list[Entry]]) -> Iterator[str]:
    """Each page has its message, and each message came through, was called back, or operations know (I7)."""
    told = " ".join(f"{alert.subject} {alert.text}" for alert in cloud.carriers.alerts)
    attempts: dict[tuple[str, int, str], list[Row]] = {}
    for row in cloud.watch.rows.values():
        key = row.message.key
        attempts.setdefault((key.incident, key.step, key.person), []).append(row)
        if row.message.state in ("sent", "delivered") and not row.taken:
            yield f"{key} is {row.message.state}, and no carrier has it"
        if row.message.state in ("pending", "sending") and row.message.at < cloud.clock.now - _SETTLED:
            yield f"{key} is still {row.message.state}"
        if row.message.state == "held":
            yield f"{key} is held, and no digest took it"
    for (incident, step, person), rows in attempts.items():
        ends = {row.message.state for row in rows}
        open_yet = ends & {"pending", "sending"}
        known = f"{person} was not reached about {incident}" in told
        fence = rows[0].message.fence
        over = fence is not None and int(cloud.watch.metas[incident]["fence"]["N"]) != fence  # nobody wants it now
        if not ends & _ENDS_WELL and not open_yet and not known and not over:
            yield f"step {step} of {incident} to {person} ended as {sorted(ends)}, and nobody knows"
    for incident, each in entries.items():
        for entry in each:
            if entry.kind == "paged" and (incident, entry.data["step"], entry.data["person"]) not in attempts:
                yield f"step {entry.data['step']} of {incident} paged {entry.data['person']}, and there is no message"


def _statements(cloud: Cloud, entries: dict[str, list[Entry]]) -> Iterator[str]:
    """What is public was approved as it stands, by both roles, after it was drafted; and it is on the site."""
    site = {name: cloud.s3.versions(SITE, name) for name in cloud.s3.shown(SITE)}
    public: dict[str, int] = {}
    for row in cloud.store.rows(TABLES.incidents):
        if row["PK"]["S"] != "PUBLISHED":
            continue
        said = json.loads(codec.text_from(row["doc"]))
        rung, revision, text = said["rung"], said["revision"], dict(said["text"])
        public[text["en"]] = min(said["published_at"], public.get(text["en"], said["published_at"]))
        yield from _unapproved(entries[said["incident"]], rung, revision, text)
        shown = any(text["en"].encode() in versions[-1].content for versions in site.values())
        if not shown and said["published_at"] < cloud.clock.now - _SETTLED:
            yield f"{rung} {revision} is published, and the site does not show it"
    for words in _drafted(entries):
        seen = [each.at for versions in site.values() for each in versions if words.encode() in each.content]
        if seen and min(seen) + cloud.watch.off < public.get(words, END_OF_TIME):
            yield f"{words!r} was on the site before it was public"


def _drafted(entries: dict[str, list[Entry]]) -> set[str]:
    """The words of every text that anybody drafted."""
    return {
        entry.data["data"]["text"]["en"]
        for each in entries.values()
        for entry in each
        if entry.kind in ("statement.drafted", "statement.corrected")
    }


def _unapproved(entries: list[Entry], rung: str, revision: int, text: dict[str, str]) -> Iterator[str]:
    drafts = [e for e in entries if e.kind == "drafted" and e.data["rung"] == rung and e.data["revision"] == revision]
    if not drafts:
        yield f"{rung} {revision} is public, and nobody drafted it"
        return
    drafter, at = drafts[0].data["by"], drafts[0].at
    written = [
        e.data["data"]["text"]["en"]
        for e in entries
        if e.kind in ("statement.drafted", "statement.corrected") and e.data["data"]["rung"] == rung
    ]
    if text["en"] not in written:
        yield f"{rung} {revision} is public with words that nobody drafted"
    for role, people in _APPROVERS.items():
        by = {
            e.data["by"]
            for e in entries
            if e.kind == "approved"
            and (e.data["rung"], e.data["revision"], e.data["role"]) == (rung, revision, role)
            and e.at >= at
        }
        asked = {
            e.data["data"]["by"]
            for e in entries
            if e.kind == "statement.approved"
            and (e.data["data"]["rung"], e.data["data"]["revision"]) == (rung, revision)
        }
        if not by & asked & (people - {drafter}):
            yield f"{rung} {revision} is public without the approval of {role}"


def _chains(cloud: Cloud, timelines: dict[str, list[Line]]) -> Iterator[str]:
    """Each chain is whole, ends where its incident says, and each of its lines was sealed."""
    sealed = set()
    for name, content in cloud.s3.shown(EVIDENCE).items():
        for head in SealedObject(name, content).heads:
            sealed.add((head.incident, head.number, head.hash))
    for incident, row in cloud.watch.metas.items():
        lines = timelines.get(incident, [])
        if (broken := first_broken(lines)) is not None:
            yield f"the chain of {incident} is broken at line {broken}"
        if int(row["lines"]["N"]) != len(lines) or (lines and lines[-1].hash != row["head"]["S"]):
            yield f"the chain of {incident} does not end where its incident says"
        for line in lines:
            if line.at < cloud.clock.now - _SETTLED and (incident, line.number, line.hash) not in sealed:
                yield f"line {line.number} of {incident} was never sealed"


def _left_over(cloud: Cloud) -> Iterator[str]:
    """Nothing waits for anybody any more that was due."""
    for url, queue in cloud.queues.items():
        if queue.dead:
            yield f"{len(queue.dead)} dead letters of {url}: {queue.dead[0].body[:80]}"
    for row in cloud.store.rows(TABLES.timers):
        due = int(row["SK"]["S"][:15])
        if due < cloud.clock.now - _SETTLED:
            yield f"a timer was never fired: {row['SK']['S']}"
    for row in cloud.store.rows(TABLES.outbox):
        asked = row["SK"]["S"].startswith("errand#") and "open_since" in row
        if asked and int(row["open_since"]["N"]) < cloud.clock.now - _SETTLED:
            yield f"an errand was never run: {row['SK']['S']}"


def _logged(cloud: Cloud) -> Iterator[str]:
    """Nobody's number, address or token is in a log (I12)."""
    for line in cloud.lambdas.logged:
        if found := _PERSONAL.search(line):
            yield f"a log line holds {found[0]!r}: {line[:160]}"
