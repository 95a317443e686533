from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from bench import polling_worker
from bench.polling_worker import EVERY, PollingWorker, SkippingClock, scan_units

_START = 1_800_000_000_000 // EVERY * EVERY


class _Carrier:
    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []

    def send_email(self, **mail: object) -> None:
        to, content = mail["Destination"], mail["Content"]
        assert isinstance(to, dict)
        assert isinstance(content, dict)
        self.mails.append((to["ToAddresses"][0], content["Simple"]["Subject"]["Data"]))


@pytest.fixture
def carrier() -> _Carrier:
    return _Carrier()


@pytest.fixture
def worker(carrier: _Carrier, monkeypatch: pytest.MonkeyPatch) -> Iterator[PollingWorker]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        store = boto3.client("dynamodb")
        polling_worker._make_table(store)
        polling_worker._fill(store, {"early": _START + 1_000, "late": _START + EVERY - 1_000})
        yield PollingWorker(store, carrier, SkippingClock(_START))


def test_a_page_waits_for_the_next_scan(worker: PollingWorker) -> None:
    worker.run(_START + EVERY)
    late = {page.complaint: page.at - page.due for page in worker.paged}
    assert late["early"] == pytest.approx(EVERY - 1_000, abs=900)
    assert late["late"] == pytest.approx(1_000, abs=900)


def test_each_rung_is_paged_once_and_the_ladder_ends(worker: PollingWorker, carrier: _Carrier) -> None:
    worker.run(_START + 40 * EVERY)
    assert sorted(carrier.mails) == [
        (f"rung-{rung}@example.com", name) for rung in (1, 2, 3) for name in ("early", "late")
    ]


def test_no_rung_drifts(worker: PollingWorker) -> None:
    worker.run(_START + 40 * EVERY)
    dues = [page.due for page in worker.paged if page.complaint == "early"]
    assert dues == [_START + 1_000 + rung * 10 * EVERY for rung in range(3)]


def test_a_scan_costs_by_what_it_passes() -> None:
    assert scan_units(10_000, 1_024) == 1_250
    assert scan_units(1, 100) == 0.5
