"""The evidence afterwards: the hash chain with its sealed heads, and the package that verifies itself."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import zipfile
from functools import cache
from pathlib import Path
from typing import Final

from cli.chain import chain_of, sealed_heads, sealed_near
from cli.deployment import LOCAL, Deployment
from cli.evidence import export
from cli.local_stack.stack import LocalStack
from shared.adapters.system_time import SystemTime

_SEALED_WITHIN: Final = 20
"""Seconds in which the last lines have to be in write-once storage."""


def deployment_of(stack: LocalStack) -> Deployment:
    """The stack as the commands of an operator see it."""
    return Deployment(LOCAL, stack.outputs, cache(stack.client), stack.http, stack.api_key)


def broken_chain(deployment: Deployment, incident: str) -> list[str]:
    """What is wrong with the timeline as `tocsin audit verify` finds it, and which lines were not sealed in time."""
    incidents, storage = deployment.incidents(), sealed_heads(deployment)
    end = time.monotonic() + _SEALED_WITHIN
    while True:
        heads = [head for each in sealed_near(storage, incident, incidents.timeline(incident)) for head in each.heads]
        chain = chain_of(incidents, incident, heads, SystemTime().now())
        sealed = {head.number for head in heads if head.incident == incident}
        left = [line.number for line in chain.lines if line.number not in sealed]
        if chain.broken_link:
            return [chain.broken_link]
        if not left or time.monotonic() > end:
            return (
                [f"{len(left)} of {len(chain.lines)} lines were not sealed within {_SEALED_WITHIN} s"] if left else []
            )
        time.sleep(0.2)


def faulty_package(deployment: Deployment, incident: str, package: Path) -> list[str]:
    """Write the evidence package and let its own `verify.py` check it; what that finds wrong."""
    state = export(deployment, incident, package)
    found = [] if state == "whole" else [f"the package says: {state}"]
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(folder)
        own = [sys.executable, "-I", str(Path(folder) / "verify.py")]
        checked = subprocess.run(own, capture_output=True, text=True, check=False, timeout=60)
        unpacked = checked.stdout.splitlines()
    faults = [line for line in unpacked if line.startswith("FAULT")]
    return found + faults + ([f"verify.py ended with {checked.returncode}"] if checked.returncode else [])
