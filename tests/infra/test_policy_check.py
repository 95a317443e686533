from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import App

from infra.policy_check import UnknownPolicyError
from infra.stages import Stage, choose
from infra.tocsin import add_tocsin
from shared.adapters import policy_yaml


def local(policy: str) -> Stage:
    return choose("local", {"policy": policy})


def test_a_policy_with_mistakes_is_not_deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("policy: broken\nlevels: 3\n")
    monkeypatch.setattr(policy_yaml, "_SHIPPED", tmp_path)
    with pytest.raises(policy_yaml.PolicyError, match=r"broken\.yaml:2"):
        add_tocsin(App(), local("broken"))


def test_a_policy_that_does_not_ship_is_not_deployed() -> None:
    with pytest.raises(UnknownPolicyError, match="retail"):
        add_tocsin(App(), local("elsewhere.yaml"))
