"""The fault simulation as a command: it replays, it passes, it notices, and its document is what it recorded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from torture.mutants import MUTANTS
from torture.record import DOCUMENT, rendered


def torture(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "torture", *arguments], capture_output=True, text=True, check=False, timeout=280
    )


def test_seeds_pass_and_the_figures_say_what_was_played() -> None:
    done = torture("run", "--seeds", "6", "--first", "7", "--workers", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 seeds from 7: 0 broken" in done.stdout


def test_a_seed_replays_exactly_and_tells_its_story() -> None:
    first, second = torture("replay", "4"), torture("replay", "4")
    assert first.returncode == 0, first.stdout
    assert first.stdout == second.stdout
    assert "complaint.received" in first.stdout
    assert "takes" in first.stdout


@pytest.mark.parametrize("mutant", ["claim", "sending", "dedup", "lead"])
def test_a_protection_that_is_gone_is_noticed(mutant: str) -> None:
    done = torture("mutants", "--only", mutant, "--seeds", "20", "--workers", "1")
    assert done.returncode == 0, done.stdout
    assert f"{mutant} " in done.stdout
    assert "caught by seed" in done.stdout


def test_a_mutant_that_lives_fails_the_command() -> None:
    done = torture("mutants", "--only", "stuck-errands", "--seeds", "1", "--workers", "1")
    assert done.returncode == 1
    assert "LIVES after 1 seeds" in done.stdout


def test_mutants_have_names_of_their_own() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names))


def test_the_document_shows_what_was_recorded() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert rendered(text) == text
