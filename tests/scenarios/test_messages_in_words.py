"""The text a person gets, from the product's own templates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.words import TemplateWords
from shared.domain.policy import Policy
from shared.domain.sms import measure
from tests.fakes import fake_world
from tests.message_scene import POLICY, Scene

LIMIT = POLICY.storm.messages_per_minute


@pytest.fixture(params=["zh-CN", "en"])
def scene(request: pytest.FixtureRequest) -> Scene:
    policy = Policy.model_validate({**POLICY.model_dump(mode="json"), "locale": request.param})
    real: dict[str, Any] = {"words": TemplateWords(), "link_base_url": "https://tocsin.example"}
    return Scene(replace(fake_world(policy), **real))


def test_an_sms_is_one_segment_and_its_link_is_whole(scene: Scene) -> None:
    scene.message(scene.open("A-CASE-NUMBER-OF-UNUSUAL-LENGTH-2026-000123"), reason="missed", clock="respond")
    scene.run()
    [text] = scene.texts("sms")
    assert measure(text).segments == 1
    [link] = [word for word in text.split() if word.startswith("https://")]
    base, slash, token = link.rpartition("/")
    assert (base + slash, len(token)) == ("https://tocsin.example/", 11)


def test_a_digest_says_how_many_and_names_cases_without_a_link(scene: Scene) -> None:
    for number in range(LIMIT + 3):
        scene.message(scene.open(f"CASE-{number}"))
    scene.run()
    digest = scene.texts("sms")[-1]
    assert "3" in digest
    assert f"CASE-{LIMIT}" in digest
    assert "https://" not in digest


def test_an_e_mail_has_the_link_in_both_parts(scene: Scene) -> None:
    scene.message(scene.open(), via="email")
    scene.run()
    [sent] = scene.world.carriers["email"].sent
    assert sent.subject
    assert "https://tocsin.example/" in sent.text
    assert "https://tocsin.example/" in (sent.html or "")
