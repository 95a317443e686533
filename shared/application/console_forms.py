"""What the forms of the crisis room say, as the data of events."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from shared.domain.incident import Incident

KINDS: Mapping[str, str] = {
    "declare": "crisis.declared",
    "confirm": "crisis.confirmed",
    "decline": "crisis.declined",
    "invite": "crisis.invited",
    "seat": "crisis.seated",
    "join": "crisis.joined",
    "stand-down": "crisis.stood_down",
    "milestone": "milestone.met",
    "draft": "statement.drafted",
    "correct": "statement.corrected",
    "approve": "statement.approved",
    "reject": "statement.rejected",
}
"""The last part of a form's address, and the event it makes."""

Why = Literal["fields", "moved", "text_moved"]
_TEXT, _EVIDENCE = "text-", "evidence-"
_PLAIN: Mapping[str, tuple[str, ...]] = {
    "declare": ("grade", "kind", "reason"),
    "confirm": (),
    "decline": ("reason",),
    "invite": ("who",),
    "seat": ("seat", "who"),
    "stand-down": ("reason",),
    "milestone": ("milestone", "text"),
}
_MAY_BE_BLANK = frozenset({("declare", "grade"), ("declare", "kind"), ("decline", "reason"), ("milestone", "text")})


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """A form that was not taken.

    Attributes:
        why: `fields`: some are wrong; `moved`: the incident moved on meanwhile; `text_moved`: the text is no longer
            the one that was shown.
        fields: which.
    """

    def __init__(self, why: Why, fields: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.why: Why = why
        self.fields = fields


def said_by(incident: Incident, verb: str, form: Mapping[str, str], files: Mapping[str, str]) -> dict[str, Any]:
    """The data of the event that a form asks for, without who and where.

    Args:
        incident: as it is now.
        verb: one of `KINDS`.
        form: what was typed; line ends as browsers send them become plain ones.
        files: names of the evidence, by hash.

    Raises:
        Refused: a field is missing or wrong, or an approval is not of the text that was shown.
    """
    if verb in _PLAIN:
        data = {name: typed(form, name) for name in _PLAIN[verb]}
        if missing := tuple(name for name, text in data.items() if not text and (verb, name) not in _MAY_BE_BLANK):
            raise Refused("fields", missing)
        return {name: text for name, text in data.items() if text}
    return _SPECIAL[verb](incident, form, files)


def typed(form: Mapping[str, str], name: str) -> str:
    """A field as it was typed, without what surrounds it."""
    return form.get(name, "").replace("\r\n", "\n").strip()


def evidence_among(form: Mapping[str, str]) -> tuple[str, ...]:
    """The hashes of the files that were picked."""
    return tuple(name.removeprefix(_EVIDENCE) for name in form if name.startswith(_EVIDENCE))


def texts_of(form: Mapping[str, str]) -> dict[str, str]:
    """What was typed of a statement, by locale; a language that was left blank is left out."""
    found = {name.removeprefix(_TEXT): typed(form, name) for name in form if name.startswith(_TEXT)}
    return {locale: text for locale, text in found.items() if text}


def _draft(incident: Incident, form: Mapping[str, str], files: Mapping[str, str]) -> dict[str, Any]:
    rung, texts, picked = _rung(incident, form), texts_of(form), evidence_among(form)
    if not texts:
        raise Refused("fields", ("text",))
    if not set(picked) <= set(files):
        raise Refused("fields", ("evidence",))
    evidence = [{"name": files[sha256], "sha256": sha256} for sha256 in picked]
    return {"rung": rung, "text": texts} | ({"evidence": evidence} if evidence else {})


def _approve(incident: Incident, form: Mapping[str, str], _: Mapping[str, str]) -> dict[str, Any]:
    """Exactly the text that was shown: its number and its hash must still be those of the draft (I8)."""
    rung, number = _rung(incident, form), form.get("revision", "")
    statement = next(each for each in incident.statements if each.rung == rung)
    shown = next((each for each in statement.revisions if str(each.number) == number), None)
    if shown is None or shown.hash != form.get("hash"):
        raise Refused("fields", ("revision",))
    if shown.number != statement.revisions[-1].number:
        raise Refused("text_moved")
    return {"rung": rung, "revision": shown.number}


def _reject(incident: Incident, form: Mapping[str, str], files: Mapping[str, str]) -> dict[str, Any]:
    reason = typed(form, "reason")
    if not reason:
        raise Refused("fields", ("reason",))
    return {**_approve(incident, form, files), "reason": reason}


def _join(_: Incident, form: Mapping[str, str], __: Mapping[str, str]) -> dict[str, Any]:
    """Another complaint, by its id or by an address that holds it; what is known of it is looked up."""
    said = typed(form, "complaint")
    named = _NAME.search(said)
    if named is None:
        raise Refused("fields", ("complaint",))
    return {"complaint": named.group()}


def _rung(incident: Incident, form: Mapping[str, str]) -> str:
    rung = form.get("rung", "")
    if rung not in [statement.rung for statement in incident.statements]:
        raise Refused("fields", ("rung",))
    return rung


_NAME = re.compile(r"inc-[0-9a-f]{20}", re.ASCII)
_SPECIAL: Mapping[str, Callable[[Incident, Mapping[str, str], Mapping[str, str]], dict[str, Any]]] = {
    "draft": _draft,
    "correct": _draft,
    "approve": _approve,
    "reject": _reject,
    "join": _join,
}
