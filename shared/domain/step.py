"""One decision in the making: the incident as it changes, and what will go out with it."""

from collections.abc import Iterable
from typing import Any

from shared.domain.directory import Directory
from shared.domain.errand import Errand
from shared.domain.incident import Course, Incident, changed
from shared.domain.outcome import (
    FENCED,
    OPERATIONS,
    Answer,
    Decision,
    Entry,
    Page,
    PageReason,
    Tell,
    TellReason,
    called_back,
)
from shared.domain.policy import LevelRules, Policy, Rung
from shared.domain.publication import Publication, StatementText

HOLDER_RUNG = "holder"
"""What a page names as its rung when the person paged stands on none."""


class Step:
    """Collects what a decision does; the rules in `escalation.py` and `decision.py` write on it.

    Attributes:
        now: milliseconds UTC; pages carry it as the time they were made.
        skipped: rungs where nobody can be reached; operations are told once, when the step is decided.
        policy: the rules the incident was opened under; directory: today's people.
    """

    def __init__(self, incident: Incident, policy: Policy, directory: Directory, now: int) -> None:
        self.incident = changed(incident)
        self._fence = incident.fence
        self.policy = policy
        self.directory = directory
        self.now = now
        self.pages: list[Page] = []
        self.tells: list[Tell] = []
        self.entries: list[Entry] = []
        self.skipped: tuple[str, ...] = ()
        self.errands: list[Errand] = []
        self.texts: list[StatementText] = []
        self.publications: list[Publication] = []

    @property
    def course(self) -> Course:
        """What the events say by now."""
        return self.incident.course

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The escalation chain, lowest first."""
        return self.policy.chains[self.incident.chain]

    @property
    def level(self) -> LevelRules:
        """The rules of the incident's level."""
        return self.policy.levels[self.course.level]

    def change(self, **fields: Any) -> None:
        """Set fields of the incident: the step's own copy, which nobody else sees before it is decided."""
        vars(self.incident).update(fields)

    def enter(self, at: int, kind: str, **data: object) -> None:
        """Write a line of the timeline."""
        if None in data.values():
            data = {key: value for key, value in data.items() if value is not None}
        self.entries.append(Entry(at, kind, data))

    def window(self, rung: int, round_number: int = 0) -> int:
        """How long a rung has to acknowledge; doubled in each further round up to the policy's longest (B2)."""
        base = self.rungs[rung - 1].window or self.level.window
        if not round_number:
            return base
        repeat = self.policy.repeat
        longer: int = base * repeat.factor ** min(round_number, 64)
        return max(base, min(longer, repeat.longest_window))

    def standing(self, person: str | None) -> int:
        """The highest rung somebody stands on, 0 for none."""
        return self.directory.standing(self.incident.chain, person, self.now)

    def people_on(self, rung: int) -> tuple[str, ...]:
        """Those on a rung who can be reached now."""
        return self.directory.reachable_on(self.incident.chain, rung, self.now)

    def reachable_from(self, rung: int, due: int) -> int | None:
        """The lowest rung from this one up where somebody can be reached; those skipped are entered and told (B2)."""
        for number in range(rung, len(self.rungs) + 1):
            if self.people_on(number):
                return number
            name = self.rungs[number - 1].rung
            if name not in self.skipped:
                self.enter(due, "rung_skipped", rung=name)
                self.skipped = (*self.skipped, name)
        return None

    def holder(self) -> str | None:
        """Whoever holds the incident, where they can be reached; else the first rung stands in (`page_holder`)."""
        course = self.course
        return course.holder if course.holder_is_person and self.directory.reachable(course.holder) else None

    def holder_rung(self) -> int:
        """The highest rung the holder stands on; 0 for none, and for free text."""
        return self.standing(self.course.holder) if self.course.holder_is_person else 0

    def page_rung(
        self, rung: int, reason: PageReason, due: int, clock: str | None = None, also: tuple[str, ...] = ()
    ) -> None:
        """Page everybody on a rung; one step, one page a person."""
        people = self.people_on(rung)
        counts = reason != "unmoved"  # a later miss starts above the holder, whoever was reminded meanwhile
        self.change(step=self.incident.step + 1, paged=self._with_paged(rung) if counts else self.incident.paged)
        for person in people:
            self._page(person, self.rungs[rung - 1].rung, reason, due, clock, also)

    def page_person(self, person: str, reason: PageReason, due: int, clock: str | None = None) -> None:
        """Page one person, for the rung they stand on."""
        rung = self.standing(person)
        self.change(step=self.incident.step + 1, paged=self._with_paged(rung) if rung else self.incident.paged)
        self._page(person, self.rungs[rung - 1].rung if rung else HOLDER_RUNG, reason, due, clock, ())

    def page_holder(self, reason: PageReason, due: int, clock: str | None = None) -> None:
        """Page whoever holds the incident; where nobody does, or cannot be reached, the lowest rung that can."""
        holder = self.holder()
        if holder is not None:
            self.page_person(holder, reason, due, clock)
        elif (rung := self.reachable_from(1, due)) is not None:
            self.page_rung(rung, reason, due, clock)

    def page_members(
        self,
        people: Iterable[tuple[str, str]],
        reason: PageReason,
        due: int,
        clock: str | None = None,
        also: tuple[str, ...] = (),
    ) -> None:
        """Page people of the response group, each for a seat (or rung); one step, one page a person."""
        places: dict[str, str] = {}
        for person, place in people:
            if self.directory.reachable(person):
                places.setdefault(person, place)
            else:
                self.enter(due, "unreachable", person=person, rung=place)
        if not places:
            self.tell(OPERATIONS, "nobody_reachable", reason)
            return
        self.change(step=self.incident.step + 1)
        for person, place in places.items():
            self._page(person, place, reason, due, clock, also, group=True)

    def mark_paged(self, rung: int) -> None:
        """Count a rung as paged since the last acknowledgement, as a stale one is."""
        self.change(paged=self._with_paged(rung))

    def tell(self, to: str, reason: TellReason, about: str = "") -> None:
        """Inform a person or operations."""
        if to != OPERATIONS and not self.directory.reachable(to):
            self.enter(self.now, "unreachable", person=to)
            return
        self.change(step=self.incident.step + 1)
        incident = self.incident
        self.tells.append(Tell(incident.id, incident.step, incident.epoch, self.now, to, reason, about))
        self.enter(self.now, "told", to=to, reason=reason, about=about or None)

    def decision(self, answer: Answer = "accepted") -> Decision:
        """What was decided; the step is over.

        Pages that the same step called back (an acknowledgement came before an overdue timer) never leave it (I6).
        """
        if self.skipped:
            self.tell(OPERATIONS, "rung_skipped", ", ".join(self.skipped))
            self.skipped = ()
        pages, entries = tuple(self.pages), tuple(self.entries)
        if self.incident.fence != self._fence:
            pages, entries = called_back(pages, entries, self.incident.fence)
        return Decision(
            self.incident,
            pages,
            tuple(self.tells),
            entries,
            answer,
            tuple(self.errands),
            tuple(self.texts),
            tuple(self.publications),
        )

    def _with_paged(self, rung: int) -> tuple[int, ...]:
        paged = self.incident.paged
        return paged if rung in paged else tuple(sorted((*paged, rung)))

    def _page(
        self,
        person: str,
        rung: str,
        reason: PageReason,
        due: int,
        clock: str | None,
        also: tuple[str, ...],
        *,
        group: bool = False,
    ) -> None:
        incident = self.incident
        epoch = incident.group.epoch if group and incident.group else incident.epoch
        page = Page(
            incident=incident.id,
            step=incident.step,
            epoch=epoch,
            fence=incident.fence if reason in FENCED else None,
            at=self.now,
            due=due,
            level=self.course.level,
            clock=clock,
            rung=rung,
            person=person,
            reason=reason,
            also=also,
            group=group and incident.group is not None,
        )
        self.pages.append(page)
        self.enter(
            self.now,
            "paged",
            step=page.step,
            person=person,
            rung=rung,
            reason=reason,
            clock=clock,
            also=list(also) or None,
            due=due,
        )
