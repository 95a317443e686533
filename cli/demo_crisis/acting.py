"""The script that acts as the people: through the doors they have, and through no other."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from cli.demo.carrier import Sent
from cli.demo_crisis.story import Act, Cast, event
from cli.local_stack.stack import LocalStack
from shared.application.answer import VERBS

_BY_LINK: Final[Mapping[str, str]] = {
    "complaint.acknowledged": "acknowledge",
    "crisis.confirmed": "confirm",
    "milestone.met": "milestone",
    "statement.approved": "approve",
}
"""The button of the page behind a link that makes an event."""
_BY_API: Final = {kind: verb for verb, kind in VERBS.items()}
_FORM: Final = re.compile(r"<form\b.*?</form>", re.DOTALL)
_HIDDEN: Final = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_PATIENCE: Final = 30


class RefusedError(Exception):
    """The product did not take what somebody did."""


@dataclass(frozen=True)
class Done:
    """An act, and how the product took it.

    Attributes:
        how: a line for whoever watches.
        took: seconds until it was done.
    """

    act: Act
    person: str
    how: str
    took: float = 0


@dataclass(frozen=True)
class Troupe:
    """Everybody who acts.

    Attributes:
        keys: of those who use the API, by person.
    """

    stack: LocalStack
    cast: Cast
    keys: Mapping[str, str]

    def person(self, act: Act) -> str:
        """Who does it; empty for the intake system."""
        return "" if act.door == "intake" else self.cast.person(act.who)

    def do(self, act: Act, number: str, at: int, incident: str, message: Sent | None) -> Done:
        """Do one thing.

        Args:
            act: what; its `number` names it.
            at: when it is said to have happened (milliseconds UTC); only intake systems say so.
            incident: the id of the incident, empty before there is one.
            message: what the person acts upon; its link is the one that is opened.

        Raises:
            RefusedError: it was not taken.
        """
        person, began = self.person(act), time.monotonic()
        if act.door == "intake":
            how = self._post(event(act, number, at, person))
        elif act.door == "api":
            how = self._call(act, person, number, incident)
        else:
            how = self._open(act, message.link if message else None)
        return Done(act, person, how, time.monotonic() - began)

    def _post(self, told: dict[str, Any]) -> str:
        with self.stack.api as api:
            answer = api.post("/v1/events", json=told, timeout=_PATIENCE)
        return f"POST /v1/events {_accepted(answer)}"

    def _call(self, act: Act, person: str, number: str, incident: str) -> str:
        verb = _BY_API[act.what]
        with self._http() as http:
            answer = http.post(
                f"{self.stack.api_url}/v1/incidents/{quote(incident)}/{verb}",
                json=dict(act.data),
                headers={"authorization": f"Bearer {self.keys[person]}", "idempotency-key": f"demo-{number}"},
            )
        return f"POST …/{verb} {_accepted(answer)}"

    def _open(self, act: Act, link: str | None) -> str:
        """Look at the page, fill in its own form, send it: a text is approved by the hash that stands in the form."""
        if link is None:
            raise RefusedError("there is no link in the message")
        verb = _BY_LINK[act.what]
        with self._http() as phone:
            shown = phone.get(link)
            form = {**form_for(shown.text, verb, act.data), **{name: str(value) for name, value in act.data.items()}}
            done = phone.post(link, data={**form, "verb": verb})
        if not (shown.is_success and done.is_success):
            raise RefusedError(f"GET {shown.status_code}, POST {verb} {done.status_code}")
        return f"opens the link in the SMS: GET {shown.status_code}, POST {verb} {done.status_code}"

    def _http(self) -> httpx.Client:
        return self.stack.http(timeout=_PATIENCE)


def form_for(page: str, verb: str, said: Mapping[str, Any]) -> dict[str, str]:
    """The hidden fields of the form with this button that is about what is said."""
    for form in _FORM.findall(page):
        hidden = dict(_HIDDEN.findall(form))
        if f'value="{verb}"' in form and all(str(said.get(name, value)) == value for name, value in hidden.items()):
            return hidden
    raise RefusedError(f"the page offers no '{verb}'")


def _accepted(answer: httpx.Response) -> str:
    """The status, with what became of it.

    Raises:
        RefusedError: it is no success, or changed nothing.
    """
    told = answer.json() if answer.is_success else {}
    status = told.get("status", "")
    if status != "accepted":
        raise RefusedError(f"{answer.request.method} {answer.status_code} {status}".strip())
    return f"{answer.status_code}"
