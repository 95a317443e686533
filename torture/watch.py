"""Watches every change of the store as it is committed, and says what must never happen (I4 to I9).

It reads rows as they lie in the tables, not through the product's use cases: who is judged does not judge.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from shared.adapters import codec
from shared.adapters.dynamo_keys import Tables
from shared.application.send_message import reference_of
from shared.domain.message import Message
from torture.carriers import Taken
from torture.clockwork import Clockwork

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never happen, and did."""

    rule: str
    what: str


@dataclass
class Row:
    """An outbox row as it stands, and how it got there."""

    message: Message
    states: list[str]
    taken: list[Taken] = field(default_factory=list)


@dataclass
class Watch:
    """What was seen of the store so far.

    Attributes:
        off: by how many milliseconds a machine's clock may be wrong in this run: nothing can be more exact.
        rows: messages by the product's own reference. metas: incidents as they stand, undecoded.
        new_rules: the reference of the rules that operations pushed on the way; "" where they did not.
    """

    clock: Clockwork
    tables: Tables
    off: int
    violations: list[Violation] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    metas: dict[str, Item] = field(default_factory=dict)
    links: dict[str, Item] = field(default_factory=dict)
    new_rules: str = ""
    _sent_now: list[Message] = field(default_factory=list)
    _before: dict[str, Item] = field(default_factory=dict)
    _acts: list[Item] = field(default_factory=list)

    def broken(self, rule: str, what: str) -> None:
        """Note a violation."""
        self.violations.append(Violation(rule, what))
        self.clock.tell("!!!", f"{rule}: {what}")

    def changed(self, table: str, event: str, keys: Item, old: Item | None, new: Item | None) -> None:
        """One row changed; those of a transaction come one after the other, and `settled` after the last."""
        partition, sort = keys["PK"]["S"], keys["SK"]["S"]
        if table == self.tables.timeline and event != "INSERT":
            self.broken("I9", f"line {partition}/{sort} of a timeline: {event}")
        elif table == self.tables.outbox and not sort.startswith("errand#"):
            self._message(event, old, new)
        elif table == self.tables.incidents:
            self._of_incidents(event, partition, sort, old, new)

    def settled(self) -> None:
        """A write is whole: what rows say of each other has to fit now."""
        for message in self._sent_now:
            meta = self.metas.get(message.key.incident)
            fence = int(meta["fence"]["N"]) if meta else None
            if message.fence is not None and fence != message.fence:
                self.broken("I6", f"{message.key} goes out under fence {message.fence}, and it is {fence}")
        for act in self._acts:
            self._used_link(act)
        self._sent_now.clear()
        self._before.clear()
        self._acts.clear()

    def taken(self, taken: Taken) -> None:
        """A carrier took a message: it must have been recorded before, and be the first of its name (I7)."""
        row = self.rows.get(taken.reference)
        if row is None:
            self.broken("I7", f"{taken.via} took {taken.message_id}, which is no row")
            return
        if row.states[-1] != "sending":
            self.broken("I7", f"{row.message.key} was handed over while it was {row.states[-1]}")
        row.taken.append(taken)
        if len(row.taken) > 1:
            self.broken("I7", f"{taken.via} took {row.message.key} {len(row.taken)} times")
        if row.message.key.attempt > 1 and not _says_perhaps(taken):
            self.broken("I7", f"{row.message.key} may be a repeat and does not say so")
        early = row.message.due - taken.at
        if row.message.kind == "page" and early > self.off:
            self.broken("I5", f"{row.message.key} ({row.message.reason}) went out {early} ms early")
        meta = self.metas.get(row.message.key.incident)
        if meta is not None and row.message.kind != "digest":
            self._worded(taken, json.loads(codec.text_from(meta["doc"]))["rules"])

    def _worded(self, taken: Taken, rules: str) -> None:
        """What is said of an incident is said in the words of its own rules (I10)."""
        others = NEW_WORDS.keys() if rules == self.new_rules else NEW_WORDS.values()
        if found := [word for word in others if word in f"{taken.subject} {taken.text}"]:
            self.broken(
                "I10", f"{taken.via} took {taken.message_id} with {found[0]}, a word of other rules than {rules}"
            )

    def _message(self, event: str, old: Item | None, new: Item | None) -> None:
        if new is None or event == "REMOVE":
            self.broken("I7", "a row of the outbox was removed")
            return
        message = codec.message_from(new)
        row = self.rows.get(reference_of(message.key))
        if row is None:
            row = self.rows[reference_of(message.key)] = Row(message, [message.state])
        elif old is not None and old["state"] == new["state"]:
            row.message = message
            return
        else:
            row.message = message
            row.states.append(message.state)
            if message.state == "unknown" and self.clock.now - (message.sending_at or 0) < _SETTLES - self.off:
                self.broken("I7", f"{message.key} is given up, and a receipt might still come")
        if message.state == "sending" or event == "INSERT":
            self._sent_now += [message] if message.key.attempt == 1 or message.state == "sending" else []

    def _of_incidents(self, event: str, partition: str, sort: str, old: Item | None, new: Item | None) -> None:
        if sort == "META":
            self._meta(partition, old, new)
        elif sort == "LINK" and new is not None:
            self.links[partition.removeprefix("LINK#")] = new
        elif sort == "IDEM" and event == "INSERT" and new is not None:
            self._acts.append(new)
        elif partition == "PUBLISHED":
            if event != "INSERT" or new is None:
                self.broken("I8", f"publication {sort}: {event}")
            else:
                self._published(new)

    def _meta(self, incident: str, old: Item | None, new: Item | None) -> None:
        if new is None:
            self.broken("I1", f"{incident} is gone")
            return
        self.metas[incident] = new
        if old is None:
            return
        self._before[incident] = old
        was, now = (int(row["version"]["N"]) for row in (old, new))
        if now != was + 1:
            self.broken("I4", f"{incident} went from version {was} to {now}")
        for name in ("fence", "epoch", "lines"):
            if int(new[name]["N"]) < int(old[name]["N"]):
                self.broken("I4", f"{incident}: its {name} went back")
        documents = [json.loads(codec.text_from(row["doc"])) for row in (old, new)]
        rules = [document["rules"] for document in documents]
        if rules[0] != rules[1]:
            self.broken("I10", f"{incident} was opened under {rules[0]} and goes on under {rules[1]}")
        other = RESPOND[rules[1] != self.new_rules]
        if any(clock["n"] == "respond" and clock["d"] == other for clock in documents[1]["course"]["clocks"]):
            self.broken("I10", f"{incident} was opened under {rules[1]} and has {other} ms to respond")

    def _published(self, row: Item) -> None:
        said = json.loads(codec.text_from(row["doc"]))
        early = said["due"] - _LEAD - self.clock.now
        if early > self.off and not said.get("corrects"):
            self.broken("I8", f"{said['rung']} is public {early} ms before its time")
        document = json.loads(codec.text_from(self.metas[said["incident"]]["doc"]))
        rungs = [each["rung"] for each in document["statements"]]
        for each in document["statements"][: rungs.index(said["rung"])]:
            if not each.get("cancelled") and not any("published_at" in one for one in each.get("revisions", ())):
                self.broken("I8", f"{said['rung']} is public before {each['rung']}")
        statement = document["statements"][rungs.index(said["rung"])]
        revision = next(each for each in statement["revisions"] if each["number"] == said["revision"])
        seated = {tuple(each) for each in document["course"]["crisis"]["seated"]}
        for role in APPROVE:
            stands = seated & {tuple(each) for each in revision.get("approvals", ())}
            if (role, revision["by"]) not in seated and not any(seat == role for seat, _ in stands):
                self.broken("I8", f"{said['rung']} {said['revision']} is public, and no {role} stands by it any more")

    def _used_link(self, act: Item) -> None:
        """Whoever acted by a link had one of the incident's present epoch (I11)."""
        if act["source"]["S"] != "link":
            return
        token, incident = act["id"]["S"].split("/")[0], act["incident"]["S"]
        link, before = self.links.get(token), self._before.get(incident)
        if link is None:
            self.broken("I11", f"a link that was never sent acted on {incident}")
        elif before is not None:
            document = json.loads(codec.text_from(before["doc"]))
            of_link, of_group = int(link["epoch"]["N"]), document.get("group", {}).get("epoch", 0)
            own = document.get("link") == token
            if "group" in link and of_link != of_group:
                self.broken("I11", f"a link of group {of_link} acted on {incident} in {of_group}")
            elif "group" not in link and of_link != int(before["epoch"]["N"]) and not own:
                self.broken("I11", f"a link of epoch {of_link} acted on {incident} in {before['epoch']['N']}")


_LEAD = 60_000
_SETTLES = 60_000 - 2_000  # the audit goes by the store's clock, which says whole seconds
APPROVE = ("legal", "commander")
"""Whose approval a statement wants, as policy.yaml says; each of the roles has one seat, of its own name."""
RESPOND = (12 * 60_000, 9 * 60_000)
"""What an ordinary complaint has to its first response, under the rules of the stage and under those pushed."""
NEW_WORDS = {"Ordinary": "Everyday", "一般": "日常"}
"""Names of a level under the rules of the stage, and under those that operations push."""


def _says_perhaps(taken: Taken) -> bool:
    said = f"{taken.subject} {taken.text}"
    return any(words in said for words in ("maybe again", "earlier copy", "或重发", "可能已收到"))
