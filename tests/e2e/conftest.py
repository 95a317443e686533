"""One deployed stack for all end-to-end tests, on one worker: a second one would only compete for the processor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cli.local_stack.stack import LocalStack, local_stack
from tests.e2e.desk import Desk, desk_of, give_keys

HERE = Path(__file__).parent
TIME_SCALE = 60
"""30 minutes in 30 seconds."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The whole product, deployed by the CDK, at sixty times the speed."""
    with local_stack(time_scale=TIME_SCALE) as deployed:
        yield deployed


@pytest.fixture(scope="session")
def guarded_stack() -> Iterator[LocalStack]:
    """The same with every role's rights checked, over TLS."""
    with local_stack(time_scale=TIME_SCALE, auth=True) as deployed:
        yield deployed


@pytest.fixture(scope="session")
def desk(guarded_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Pushed once: a policy takes a while to reach functions that read another before."""
    return desk_of(guarded_stack, tmp_path_factory.mktemp("desk") / "retail.yaml")


@pytest.fixture(scope="session")
def keys(desk: Desk) -> Mapping[str, str]:
    """A key for operations and whoever may be called first to write statements, by person."""
    return give_keys(desk)
