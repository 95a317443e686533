"""`make conformance`: the contract suite against a DynamoDB that neither we nor moto wrote. No part of `make test`."""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from rich.console import Console
from rich.table import Table

from conformance.stores import HERE, STORES, Store, StoreError

_READY_SECONDS = 30


@dataclass
class Tally:
    """A pytest plugin that counts what became of the tests, and why some were skipped."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.outcome] += 1
        if report.skipped and isinstance(report.longrepr, tuple):
            self.reasons[report.longrepr[2].removeprefix("Skipped: ")] += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=[store.name for store in STORES], help="by default the first there is")
    wanted = parser.parse_args().store
    screen = Console(soft_wrap=True)
    for store in STORES:
        if wanted not in (None, store.name):
            continue
        if lack := store.missing():
            screen.print(f"[yellow]not {store.name}[/]: {lack}")
            continue
        try:
            store.fetch()
        except StoreError as error:
            screen.print(f"[yellow]not {store.name}[/]: {error}")
            continue
        screen.print(store.about)
        return _conforms(store, screen)
    screen.print("[red]nothing to run on[/]: install Java 17 and Maven, or Node.js 20 with npm")
    return 2


def _conforms(store: Store, screen: Console) -> int:
    tally, began = Tally(), time.monotonic()
    with _running(store) as endpoint:
        os.environ["TOCSIN_CONTRACT_ENDPOINT"] = endpoint
        contract = str(HERE.parent / "tests" / "contract")
        code = pytest.main([contract, "-q", "-p", "no:cacheprovider", "-r", "fE"], plugins=[tally])
    table = Table("store", "passed", "skipped", "failed", "seconds")
    counted = [str(tally.outcomes[each]) for each in ("passed", "skipped", "failed")]
    table.add_row(store.name, *counted, f"{time.monotonic() - began:.0f}")
    screen.print(table)
    for reason, count in tally.reasons.most_common():
        screen.print(f"{count} skipped: {reason}")
    return int(code)


@contextmanager
def _running(store: Store) -> Iterator[str]:
    """Its address, from when it answers until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    endpoint = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(store.command(port), stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        try:
            _wait_for(port, process)
            yield endpoint
        except StoreError:
            said.seek(0)
            sys.stderr.write(said.read().decode(errors="replace")[-2000:])
            raise
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            asking.request("GET", "/")
            asking.getresponse()  # any answer will do: a GET is no request to DynamoDB
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        else:
            return
        finally:
            asking.close()
    raise StoreError("it did not start")


if __name__ == "__main__":
    sys.exit(main())
