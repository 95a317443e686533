"""A crisis, told: who is in the response group of the retail policy in the first week of March 2026."""

from typing import Any

from shared.adapters import policy_yaml
from shared.application.simulate import Outcome
from shared.domain.events import Event
from shared.domain.policy import Policy
from shared.domain.roster import candidates, seats_of
from tests.scenarios.telling import MIDNIGHT, at, play

RETAIL = policy_yaml.load("retail")
POISONED = {"summary": "孩子喝了酸奶后食物中毒", "channel": "weibo", "store": "SH-002", "category": "food"}


def _called() -> dict[str, tuple[str, str]]:
    roster = RETAIL.roster
    assert roster is not None
    seats = [seat for role in roster.roles for seat in seats_of(roster, role)]
    called = {seat.name: candidates(roster, seat, MIDNIGHT) for seat in seats}
    return {name: (people[0].person, people[1].person) for name, people in called.items()}


A_AND_B = _called()
"""A and B of each seat on duty at the story's midnight."""
COMMANDER, LEGAL, LEGAL_2 = A_AND_B["commander"][0], A_AND_B["legal.1"][0], A_AND_B["legal.2"][0]
QUALITY, SERVICE, PR = A_AND_B["quality.1"][0], A_AND_B["service.1"][0], A_AND_B["public_relations"][0]
QUORUM = (COMMANDER, LEGAL, QUALITY, SERVICE, PR)


def _small() -> Policy:
    """Retail with a response group of three: commander, a lawyer, public relations."""
    public, roster = RETAIL.crises["public"], RETAIL.roster
    assert roster is not None
    roles = dict.fromkeys(("commander", "legal", "public_relations"), 1)
    legal = roster.roles["legal"].model_copy(update={"seats": 1})
    return RETAIL.model_copy(
        update={
            "crises": {"public": public.model_copy(update={"roles": roles})},
            "roster": roster.model_copy(update={"roles": {**roster.roles, "legal": legal}}),
        }
    )


SMALL = _small()


def poisoned(after: str = "0", **data: Any) -> Event:
    """A complaint with a word that makes it a matter for grading."""
    return at(after, "received", **{**POISONED, **data})


def by(after: str, what: str, person: str, **data: Any) -> Event:
    """Something a person does about it."""
    return at(after, what, source="console", by=person, of="crm/hotline", **data)


def declared(after: str, **data: Any) -> Event:
    """A person of headquarters declares it."""
    return by(after, "crisis.declared", "liu.yang", reason="it is everywhere", **data)


def all_in(after: str, people: tuple[str, ...] = QUORUM) -> list[Event]:
    """These people confirm."""
    return [by(after, "crisis.confirmed", person) for person in people]


def drafted(after: str, rung: str = "first", person: str = PR, text: str = "我们正在调查。", **data: Any) -> Event:
    """A text for the public."""
    return by(after, "statement.drafted", person, rung=rung, text={"zh-CN": text}, **data)


def approved(after: str, *people: str, rung: str = "first", revision: int = 1) -> list[Event]:
    """These people stand by a revision."""
    return [by(after, "statement.approved", person, rung=rung, revision=revision) for person in people]


def story(*events: Event | list[Event], until: str = "3d", policy: Policy = RETAIL) -> Outcome:
    """Run it."""
    flat = [event for each in events for event in (each if isinstance(each, list) else [each])]
    return play(*flat, policy=policy, until=until)
