"""One synth a stage and session; the code of the functions is not what these tests look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from infra import bundle
from infra.stages import Runtime, choose
from infra.tocsin import add_tocsin

Resource = dict[str, Any]


@dataclass(frozen=True)
class Synthesized:
    """A stage's templates by kind: Stateful, Site, Service, Monitoring; on production also Firewall and Front.

    `protected` says which stacks nobody deletes by mistake, `regions` where each stands.
    """

    templates: dict[str, dict[str, Any]]
    protected: dict[str, bool]
    regions: dict[str, str]

    def of_type(self, resource_type: str, kind: str | None = None) -> dict[str, Resource]:
        return {
            name: resource
            for each, template in self.templates.items()
            if kind in {None, each}
            for name, resource in template["Resources"].items()
            if resource["Type"] == resource_type
        }

    def statements(self) -> list[tuple[str, dict[str, Any]]]:
        """Every allowing statement of every role, with the role's logical name."""
        found = []
        for name, role in self.of_type("AWS::IAM::Role").items():
            for policy in role["Properties"].get("Policies", []):
                found += [(name, each) for each in policy["PolicyDocument"]["Statement"]]
        for policy in self.of_type("AWS::IAM::Policy").values():
            roles = str(policy["Properties"]["Roles"])
            found += [(roles, each) for each in policy["Properties"]["PolicyDocument"]["Statement"]]
        return [(name, each) for name, each in found if each["Effect"] == "Allow"]


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Synthesized]:
    nothing = tmp_path_factory.mktemp("code")
    (nothing / "handler.py").write_text("")

    def no_code(*_: str | Runtime) -> Path:
        return nothing

    @cache
    def synthesized(name: str) -> Synthesized:
        stage = choose(name)
        app = App(outdir=str(tmp_path_factory.mktemp(name)))
        with pytest.MonkeyPatch.context() as patch:  # and no longer: tests of bundles may run in the same process
            patch.setattr(bundle, "dependency_layer", no_code)
            patch.setattr(bundle, "function_code", no_code)
            add_tocsin(app, stage)
            assembly = app.synth()  # cdk-nag is part of it: an unaccepted finding raises
        made = {each.stack_name.removeprefix("Tocsin").partition("-")[0]: each for each in assembly.stacks}
        protected = {kind: bool(each.termination_protection) for kind, each in made.items()}
        regions = {kind: each.environment.region for kind, each in made.items()}
        return Synthesized({kind: each.template for kind, each in made.items()}, protected, regions)

    return synthesized


@pytest.fixture(scope="session", params=["local", "dev", "prod"])
def stage(request: pytest.FixtureRequest, synthesize: Callable[[str], Synthesized]) -> Synthesized:
    return synthesize(request.param)


@pytest.fixture(scope="session")
def prod(synthesize: Callable[[str], Synthesized]) -> Synthesized:
    return synthesize("prod")
