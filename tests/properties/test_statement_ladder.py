"""Nothing is public before its time, without its approvals, twice or out of turn, whatever happens around it (I8)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis.stateful import invariant

from shared.domain.outcome import Entry
from tests.properties.crisis_lives import HELD, TOP, OneCrisis, Seats, hash_of, is_event
from tests.properties.lives import bounded


class StatementLadder(OneCrisis):
    """What the public reads is judged by the timeline: who sat where, who wrote and who stood by it, and when."""

    @invariant()
    def what_is_decided_to_be_public_may_be(self) -> None:
        lines = self._lines()
        decided = [(n, entry) for n, (_, entry) in enumerate(lines) if entry.kind == "statement_published"]
        names = [(entry.data["rung"], entry.data["revision"]) for _, entry in decided]
        assert len(names) == len(set(names)), "a revision was published twice"
        for n, entry in decided:
            self._judge_publication(lines[:n], entry)

    @invariant()
    def the_public_reads_what_was_decided_and_it_never_changes(self) -> None:
        site, decided = self.world.site, {}
        for _, entry in self._lines():
            if entry.kind == "statement_published":
                decided[entry.data["rung"], entry.data["revision"]] = entry
        if self.drill:
            assert site.writes == 0
            assert not self.world.statements.published()
            assert not [errand for errand in self.world.errands.all if errand.kind == "publish"]
            return
        for address, page in self.read.items():
            assert site.pages[address] == page, "what was public was changed"
        self.read = dict(site.pages)
        for (_, rung, revision), page in site.pages.items():
            entry = decided[rung, revision]
            assert hash_of(dict(page.text)) == entry.data["hash"] == page.hash
            assert page.published_at == entry.at <= self.world.time.now()
        listed = [(each.rung, each.revision) for each in site.index]
        assert len(listed) == len(set(listed))
        assert all(site.pages[each.crisis, each.rung, each.revision] == each for each in site.index)
        addresses = Counter((each.crisis, each.rung, each.revision) for each in self.world.statements.published())
        assert set(addresses.values()) <= {1}
        assert len(addresses) == len(decided)

    @invariant()
    def when_nothing_is_left_to_do_the_site_carries_everything(self) -> None:
        if not any(errand.kind == "publish" for errand in self.world.errands.all):
            assert self.world.site.index == self.world.statements.published()
            outs = [e.data["data"] for _, e in self._lines() if e.kind == "statement.out"]
            told = [(data["rung"], data["revision"]) for data in outs]
            assert len(told) == len(set(told)) == len(self.world.statements.published())

    @invariant()
    def what_is_not_public_when_it_is_due_is_told_once_to_the_commander_and_the_top(self) -> None:
        incident, now, lines = self._incident(), self.world.time.now(), self._lines()
        openings = [n for n, (_, entry) in enumerate(lines) if entry.kind == "ladder_opened"]
        for since, until in zip(openings, [*openings[1:], len(lines)], strict=True):
            told = [(at, entry) for at, entry in lines[since:until] if entry.kind == "statement_late"]
            assert max(Counter(entry.data["rung"] for _, entry in told).values(), default=0) <= 1
        if not openings or (incident.next_step_at is not None and incident.next_step_at <= now):
            return
        opened = lines[openings[-1]][1].at
        late = {e.data["rung"]: n for n, (_, e) in enumerate(lines) if n > openings[-1] and e.kind == "statement_late"}
        for statement in incident.statements:
            if statement.published is None and not statement.cancelled and self._due(opened, statement.rung) <= now:
                assert statement.rung in late
        for rung, n in late.items():
            step = lines[n][0]
            paged = {
                entry.data["person"]
                for line, entry in lines
                if line == step and entry.kind == "paged" and entry.data["reason"] == "statement_late"
                and entry.data["clock"] == rung
            }  # fmt: skip
            chief = Seats.after(e for _, e in lines[:n] if is_event(e)).holders.get("commander")
            assert TOP in paged
            assert chief is None or chief in paged

    @invariant()
    def whoever_is_late_was_reminded_at_times_that_had_come(self) -> None:
        for _, entry in self._lines():
            if entry.kind == "paged" and entry.data["reason"] in ("approval_wanted", "statement_late"):
                assert entry.data["due"] <= entry.at

    # The judgement

    def _due(self, opened: int, rung: str) -> int:
        rules = self.policy.crises["public"].statements
        assert rules is not None
        return opened + rules.rungs[rung].due

    def _judge_publication(self, before: list[tuple[int, Entry]], entry: Entry) -> None:
        rules = self.policy.crises["public"].statements
        assert rules is not None
        rung, when = entry.data["rung"], entry.at
        opening = max(n for n, (_, each) in enumerate(before) if each.kind == "ladder_opened")
        since = before[opening:]
        public = {e.data["rung"] for _, e in since if e.kind == "statement_published"}
        assert Seats.after(e for _, e in before if is_event(e)).on, "published though the crisis was over"
        if rung not in public:
            assert when >= self._due(before[opening][1].at, rung) - rules.lead, "published before its time"
            order = list(rules.rungs)
            assert public >= set(order[: order.index(rung)]), "published before an earlier rung"
        if entry.data["hash"] == hash_of(HELD):
            assert rules.rungs[rung].holding is not None
            assert any(e.kind == "holding_text" and e.data["rung"] == rung for _, e in since)
            return
        self._judge_approvals(before, entry, corrects=rung in public)

    def _judge_approvals(self, before: list[tuple[int, Entry]], entry: Entry, *, corrects: bool) -> None:
        rules = self.policy.crises["public"].statements
        assert rules is not None
        rung, revision = entry.data["rung"], entry.data["revision"]
        born = self.born[rung, revision]
        kind = "statement.corrected" if corrects else "statement.drafted"
        written = next(e for line, e in before if line == born and e.kind == kind)
        assert written.data["data"]["rung"] == rung
        assert hash_of(written.data["data"]["text"]) == entry.data["hash"], "another text than the one that was written"
        drafter = written.data["record"]["by"]
        seats_then = self._seats_at(before, written)
        assert drafter in seats_then.members, "written by somebody who was not in"
        seats_now = Seats.after(e for _, e in before if is_event(e))
        for role in rules.approvals:
            stood_by = [
                each
                for each in self._said("statement.approved", before, born, rung, revision)
                if self._seats_at(before, each).may_judge(role, each.data["record"]["by"], drafter)
                and seats_now.may_judge(role, each.data["record"]["by"], drafter)
            ]
            assert stood_by, f"published without {role}"
        for veto in self._said("statement.rejected", before, born, rung, revision):
            seats = self._seats_at(before, veto)
            allowed = [role for role in rules.approvals if seats.may_judge(role, veto.data["record"]["by"], drafter)]
            assert not allowed, "published though it was vetoed"

    def _said(self, kind: str, before: list[tuple[int, Entry]], born: int, rung: str, revision: int) -> list[Entry]:
        def is_about(data: dict[str, Any]) -> bool:
            return bool(data["rung"] == rung and data["revision"] == revision)

        return [e for line, e in before if line > born and e.kind == kind and is_about(e.data["data"])]

    def _seats_at(self, before: list[tuple[int, Entry]], event: Entry) -> Seats:
        """Who sat where when an event arrived, by what had arrived until then."""
        arrived = []
        for _, each in before:
            if is_event(each):
                arrived.append(each)
            if each is event:
                break
        return Seats.after(arrived)


TestStatementLadder = StatementLadder.TestCase
TestStatementLadder.settings = bounded(120)
