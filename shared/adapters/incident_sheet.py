"""An incident as its reader sees it: in an e-mail and on the phone page, the same words for the same things."""

from dataclasses import dataclass
from typing import Literal

from shared.adapters.language import Reader
from shared.domain.incident import Clock, Incident
from shared.domain.policy import AFTERCARE_CLOCKS, Policy, Rung
from shared.domain.roster import on_duty
from shared.domain.sms import one_line

State = Literal["running", "soon", "overdue", "missed", "answered", "met", "stopped"]
_ORDER: dict[str, int] = {"overdue": 0, "soon": 1, "running": 2, "stopped": 3, "missed": 4, "answered": 5, "met": 6}


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One clock.

    Attributes:
        state: `soon`: its warning was due; `overdue`: missed and still wants its event; `missed`: nothing more can
            come; `answered`: done, too late.
        word: the state; detail: the state with its figures.
        deadline: in the reader's zone; at: milliseconds UTC.
        left: running time left, negative when over; None where nothing runs.
    """

    name: str
    state: State
    word: str
    detail: str
    deadline: str
    at: int
    left: int | None = None


def clock_lines(incident: Incident, reader: Reader, now: int) -> tuple[ClockLine, ...]:
    """The clocks that mean something to a reader, what presses first first; cancelled ones are left out."""
    closed = incident.course.phase == "closed"
    lines = [
        line_of(clock, reader, now, over=closed and (clock.milestone or clock.name not in AFTERCARE_CLOCKS))
        for clock in incident.course.clocks
        if clock.verdict != "cancelled"
    ]
    return tuple(sorted(lines, key=lambda line: (_ORDER[line.state], line.at)))


def next_deadline(incident: Incident, now: int) -> Clock | None:
    """The running clock that ends next."""
    running = [clock for clock in incident.course.clocks if clock.verdict == "running" and clock.deadline > now]
    return min(running, key=lambda clock: clock.deadline, default=None)


def level_name(policy: Policy, level: str, reader: Reader) -> str:
    """What the policy calls a level in the reader's language, else its id."""
    rules = policy.levels.get(level)
    return one_line(reader.named(rules.name, level) if rules else level)


def person_name(policy: Policy, person: str | None) -> str:
    """Somebody's name, for free text the text itself."""
    somebody = policy.people.get(person) if person is not None else None
    return one_line(somebody.name if somebody else person or "")


def rung_of(incident: Incident, policy: Policy, person: str, rung: str = "", *, now: int) -> Rung | None:
    """The rung a page was for; else the highest the person stands on, by the roster too; None for none."""
    rungs = policy.chains.get(incident.chain, ())
    named = next((one for one in rungs if one.rung == rung), None)
    return named or next((one for one in reversed(rungs) if person in _people_on(one, policy, now)), None)


def _people_on(rung: Rung, policy: Policy, now: int) -> tuple[str, ...]:
    if rung.role is None or policy.roster is None:
        return rung.people
    return (*rung.people, *on_duty(policy.roster, rung.role, now))


def rung_name(rung: Rung, reader: Reader) -> str:
    """A rung's title, else its id."""
    return one_line(reader.named(rung.title, rung.rung.replace("_", " ")))


def authority(rung: Rung, reader: Reader) -> str:
    """What a rung may decide by itself (B3)."""
    words, allowed = reader.words, rung.authority
    actions = reader.several([one_line(words.actions.get(name, name.replace("_", " "))) for name in allowed.actions])
    money = words.authority["compensation"].format(amount=f"{allowed.compensation_cny:,}")
    may = [part for part in (money if allowed.compensation_cny else "", actions) if part]
    return str(words.punctuation["clause"]).join(may) or str(words.authority["nothing"])


def line_of(clock: Clock, reader: Reader, now: int, *, over: bool) -> ClockLine:
    """One clock as its reader sees it; `over`: nothing more can come, so that what is missed stays missed."""
    state, figure, left = _state(clock, now, over=over)
    words, deadline = reader.words, reader.moment(clock.deadline, now)
    detail = words.verdicts["running" if state == "soon" else state]
    return ClockLine(
        name=one_line(reader.clock(clock.name)),
        state=state,
        word=words.verdict_words[state],
        detail=detail.format(deadline=deadline, span=reader.span(figure)),
        deadline=deadline,
        at=clock.deadline,
        left=left,
    )


def _state(clock: Clock, now: int, *, over: bool) -> tuple[State, int, int | None]:
    """The state of a clock, the figure that goes with it and what is left to run."""
    if clock.verdict == "met":
        return "met", 0, None
    if clock.verdict == "stopped":
        return "stopped", clock.left or 0, None
    if clock.verdict == "missed" and clock.answered is not None:
        return "answered", max(0, clock.answered - clock.deadline), None
    left = clock.deadline - now
    if clock.verdict == "missed" or left <= 0:
        return ("missed", 0, None) if over else ("overdue", max(0, -left), left)
    return ("soon" if clock.warn_at <= now else "running"), left, left
