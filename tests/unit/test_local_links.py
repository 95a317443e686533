"""The local stack says what its addresses mean for an SMS."""

from __future__ import annotations

from pathlib import Path

from cli.local_stack.emulator import Emulator
from cli.local_stack.links import links_note
from cli.local_stack.stack import LocalStack
from infra.stages import LINK_MAX_CHARACTERS, LINK_TOKEN_CHARACTERS

LONGEST = "https://" + "x" * (LINK_MAX_CHARACTERS - LINK_TOKEN_CHARACTERS - len("https:///l/"))
"""A base with which a link takes all the room there is."""


def note(home: Path, base: str) -> str:
    return links_note(LocalStack(Emulator(home, port=1, auth=False), outputs={"ApiUrl": base}))


def test_a_page_with_a_short_link_takes_one_sms(tmp_path: Path) -> None:
    for base in ("https://t.example", LONGEST):
        assert note(tmp_path, base).endswith("a page takes one SMS")
    assert note(tmp_path, "https://t.example").split()[:2] == ["links", "31"]


def test_a_page_with_a_long_link_takes_two_and_production_would_not_have_it(tmp_path: Path) -> None:
    for base in (f"{LONGEST}y", "https://abcdefghij.execute-api.localhost:4566"):
        assert "a page takes two SMS segments here; production refuses such a base" in note(tmp_path, base)
