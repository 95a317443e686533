"""The pages of the console: sign-in, the list of crises, the crisis room. Drawn on the server, whole without a script.

Style and script are files of the console's own, so the content security policy allows nothing that stands in a page.
Addresses in pages are relative: the console works wherever it is mounted.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

from markupsafe import escape

from shared.adapters.console_room import room_shown
from shared.adapters.console_seen import Going, RoomSeen, SessionSeen, TypedSeen, with_today
from shared.adapters.crisis_names import grade_name
from shared.adapters.incident_sheet import person_name
from shared.adapters.language import LOCALES, TEMPLATES, asked_for, environment, first_upper, reader, vocabulary
from shared.adapters.link_page import Page
from shared.domain.policy import Policy

_STATUS = {
    "not_found": 404,
    "forbidden": 403,
    "signed_out": 401,
    "bad_request": 400,
    "unavailable": 503,
    "unexpected": 500,
}
_REFUSED = {
    "fields": 400,
    "moved": 409,
    "text_moved": 409,
    "no_effect": 409,
    "other_session": 403,
    "preview": 200,
    "unavailable": 503,
    "unexpected": 500,
}
_AGAIN = frozenset({"unavailable", "unexpected"})
"""Sent again, such a form is the same event: it may have been taken."""
_A_DAY = 86_400
_ONCE_BYTES = 12
_NOT_SHOWN = frozenset({"csrf", "once", "hash", "revision", "rung", "verb", "sha256", "size", "media_type"})


class ConsolePages:
    """Draws the pages.

    Args:
        uploads_to: the origin that evidence is put to by the browser, "" for the console's own.
        signs_out_at: where signing out leads, "" for the console itself.
    """

    def __init__(self, uploads_to: str = "", signs_out_at: str = "") -> None:
        self._uploads_to = uploads_to
        self._signs_out_at = signs_out_at

    def sign_in(self, accept_language: str, root: str, state: str, told: str = "") -> Page:
        """The form of the local sign-in; `told` is `wrong`, `signed_out` or nothing."""
        locale = asked_for(accept_language)
        words = console_words(locale)
        title = words.door["title"].format(brand=vocabulary(locale).brand)
        status = 403 if told == "wrong" else 200
        return self._draw(status, "sign_in.html.j2", locale, title, root, state=state, told=words.door.get(told, ""))

    def signed_out(self, accept_language: str, root: str, told: str) -> Page:
        """After signing out, and where a sign-in elsewhere did not come back: a way to sign in, and nothing else."""
        locale = asked_for(accept_language)
        words = console_words(locale)
        title = words.door["title"].format(brand=vocabulary(locale).brand)
        status = 200 if told == "signed_out" else 403
        return self._draw(status, "sign_in.html.j2", locale, title, root, state="", told=words.door[told])

    def front(self, session: SessionSeen, today: Policy, running: Iterable[Going], root: str, *, unknown: bool) -> Page:
        """Where somebody who is signed in comes first; `unknown`: what they wanted to open is not there."""
        reading = reader(today, session.person)
        words = console_words(reading.locale)
        rooms = [
            {
                "id": seen.incident.id,
                "case": seen.incident.subject,
                "summary": seen.incident.summary,
                "grade": grade_name(crisis.grade, reading, drill=seen.incident.drill),
                "since": reading.moment(crisis.since, seen.now),
            }
            for seen in running
            if (crisis := seen.incident.course.crisis) is not None
        ]
        return self._draw(
            404 if unknown else 200,
            "front.html.j2",
            reading.locale,
            words.front["title"].format(brand=reading.words.brand),
            root,
            session=session,
            me=person_name(today, session.person),
            rooms=rooms,
            unknown=unknown,
        )

    def room(
        self, session: SessionSeen, seen: RoomSeen, root: str, *, done: str = "", typed: TypedSeen | None = None
    ) -> Page:
        """The crisis room.

        Args:
            session: whose forms these are.
            seen: what they see.
            root: from this page to where the console is mounted.
            done: `<verb>.<outcome>` of a form that was taken; anything else says nothing.
            typed: a form that was not.
        """
        policy = with_today(seen.rules, seen.today)
        reading = reader(policy, seen.person)
        words = console_words(reading.locale)
        shown = room_shown(seen, reading, words)
        crisis = seen.incident.course.crisis
        grade = grade_name(crisis.grade, reading, drill=seen.incident.drill) if crisis else words.room["console"]
        draw = partial(
            self._draw,
            _REFUSED[typed.why] if typed else 200,
            "room.html.j2",
            reading.locale,
            words.room["title"].format(grade=grade, case=seen.incident.subject, brand=reading.words.brand),
            root,
            session=session,
            me=person_name(policy, session.person),
            shown=shown,
            grade=grade,
            told=_told(done, words),
            typed=typed,
            wrong=_wrong(typed, words, reading.several) if typed else "",
            previewed=_previewed(typed),
            once_again=typed.form.get("once", "") if typed and typed.why in _AGAIN else "",
            now=seen.now,
            time=reading.moment(seen.now, seen.now),
            zone=reading.offset(seen.now),
            span=reading.span,
        )
        drawn = draw(kept=())
        lost = _lost(typed, drawn.html) if typed else ()  # its form is not in the room any more
        return draw(kept=lost) if lost else drawn

    def notice(self, kind: str, accept_language: str, root: str, typed: Mapping[str, str] | None = None) -> Page:
        """A page about nothing in particular: `not_found`, `forbidden`, `signed_out`, `bad_request`, `unavailable`.

        What was typed is shown again, so that it can be copied and is not lost.
        """
        locale = asked_for(accept_language)
        words = console_words(locale)
        told = words.notices[kind]
        kept = _written(typed or {})
        return self._draw(_STATUS[kind], "notice.html.j2", locale, told["title"], root, notice=told, kept=kept)

    def asset(self, name: str) -> tuple[str, str, Mapping[str, str]] | None:
        """A file the pages use: content, type and headers; None for any other."""
        kind = {"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8"}.get(name)
        if kind is None:
            return None
        return _asset(name), kind, {"Cache-Control": f"private, max-age={_A_DAY}"}  # its address changes with it

    def _draw(self, status: int, template: str, locale: str, title: str, root: str, **context: Any) -> Page:
        blank = {"session": None, "me": "", "now": 0, "told": "", "shown": None}
        html = (
            environment()
            .get_template(f"console/{template}")
            .render(
                **{
                    **blank,
                    **context,
                    "words": vocabulary(locale),
                    "own": console_words(locale),
                    "locale": locale,
                    "title": title,
                    "root": root,
                    "once": lambda: secrets.token_hex(_ONCE_BYTES),
                    "css": f"app.css?v={_version('app.css')}",
                    "js": f"app.js?v={_version('app.js')}",
                }
            )
        )
        return Page(status, html.strip() + "\n", self._headers())

    def _headers(self) -> Mapping[str, str]:
        policy = (
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src data:",
            f"connect-src 'self' {self._uploads_to}".strip(),
            f"form-action 'self' {self._signs_out_at}".strip(),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
        return {
            "Cache-Control": "no-store",
            "Content-Security-Policy": "; ".join(policy),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Referrer-Policy": "same-origin",  # so that a form says where it comes from
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "X-Robots-Tag": "noindex, nofollow",
        }


@cache
def console_words(locale: str) -> Any:
    """The words of the console in a locale of `LOCALES`, as attributes."""
    module = environment().get_template(f"console/{locale}/words.j2").module
    return SimpleNamespace(**{name: value for name, value in vars(module).items() if not name.startswith("_")})


@cache
def _asset(name: str) -> str:
    folder = TEMPLATES / "console"
    if name == "app.css":  # what the page behind a link looks like, and what the room has beyond it
        return (TEMPLATES / "page.css").read_text("utf-8") + (folder / name).read_text("utf-8")
    return (folder / name).read_text("utf-8")


@cache
def _version(name: str) -> str:
    return hashlib.sha256(_asset(name).encode()).hexdigest()[:12]


def _told(done: str, words: Any) -> str:
    """What a form did, in words, with whatever is to be said beyond that."""
    verb, _, outcome = done.partition(".")
    if verb not in words.done:
        return ""
    return str(words.outcomes.get(outcome) or words.done[verb])


def _written(form: Mapping[str, str]) -> tuple[str, ...]:
    """What somebody put into a form, without what the page put there."""
    return tuple(text for name, text in form.items() if name not in _NOT_SHOWN and text.strip())


def _lost(typed: TypedSeen, html: str) -> tuple[str, ...]:
    """What of it no field of the page holds."""
    fields = ((text, escape(text)) for text in _written(typed.form))
    return tuple(text for text, field in fields if f"{field}</textarea>" not in html and f'value="{field}"' not in html)


def _wrong(typed: TypedSeen, words: Any, several: Any) -> str:
    """Why a form was not taken, in words."""
    if typed.why == "preview":
        return ""
    if typed.why == "no_effect":
        return str(words.no_effect.get(typed.verb) or words.refused["no_effect"])
    names = several([first_upper(words.fields.get(field, field)) for field in typed.fields])
    return str(words.refused[typed.why].format(fields=names or words.fields["body"]))


def _previewed(typed: TypedSeen | None) -> tuple[tuple[str, str], ...]:
    """What was typed as the public would read it, by locale."""
    from shared.adapters.safe_markdown import html  # noqa: PLC0415 - loaded where something is previewed

    if typed is None or typed.why != "preview":
        return ()
    found = {name.removeprefix("text-"): text for name, text in typed.form.items() if name.startswith("text-")}
    known = [locale for locale in LOCALES if locale in found]
    return tuple(
        (locale, html(found[locale].replace("\r\n", "\n").strip()))
        for locale in dict.fromkeys((*known, *found))
        if found[locale].strip()
    )
