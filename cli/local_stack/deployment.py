"""Deploys the CDK app onto the emulator with the real CDK command line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cli.local_stack.emulator import ACCOUNT, REGION, ROOT, Emulator, LocalStackError, credentials

CDK = ROOT / "node_modules" / ".bin" / "cdk"
_TIMEOUT_SECONDS = 300
_NOT_PASSED_ON = ("AWS_", "CDK_", "TOCSIN_", "PYTHON", "FORCE_COLOR")


def deploy(emulator: Emulator, settings: Mapping[str, str], *, bootstrap: bool) -> dict[str, str]:
    """The outputs of all stacks. The app is synthesized while the bootstrap runs."""
    if not CDK.exists():
        raise LocalStackError("the CDK command line is missing: run `make install`")
    assembly = emulator.home / "cdk.out"
    outputs = emulator.home / "outputs.json"
    with ThreadPoolExecutor(max_workers=1) as beside:
        bootstrapped = (
            beside.submit(_cdk, emulator, ["bootstrap", f"aws://{ACCOUNT}/{REGION}"], "bootstrap")
            if bootstrap
            else None
        )
        _synthesize(emulator, settings, assembly)
        if bootstrapped is not None:
            bootstrapped.result()
    _cdk(
        emulator,
        [
            *("deploy", "--all", "--app", str(assembly), "--require-approval", "never", "--method", "direct"),
            *("--outputs-file", str(outputs), "--progress", "events"),
        ],
        "deploy",
    )
    found: dict[str, str] = {}
    for stack in json.loads(outputs.read_text()).values():
        found |= {name: value for name, value in stack.items() if not name.startswith("Export")}
    return found


def _synthesize(emulator: Emulator, settings: Mapping[str, str], assembly: Path) -> None:
    given = {"stage": "local", **settings}
    context = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
    _cdk(
        emulator,
        ["synth", "--quiet", "--app", f"{sys.executable} app.py", "--output", str(assembly), *context],
        "synth",
        cwd=ROOT,
    )


def environment(emulator: Emulator) -> dict[str, str]:
    """What the CDK command line needs to reach the emulator, and nothing that names a real account."""
    # What the developer's machine needs to reach a package index stays; what names an account goes.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED_ON)}
    environment |= credentials()
    environment |= {
        "NO_PROXY": "127.0.0.1,localhost",
        "AWS_ENDPOINT_URL": emulator.endpoint_url,
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        "CI": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "PYTHONPATH": str(ROOT),
    }
    if emulator.certificate is not None:
        bundle = emulator.home / "trusted.pem"
        system = os.environ.get("NODE_EXTRA_CA_CERTS")
        parts = [emulator.certificate.read_text(), Path(system).read_text() if system else ""]
        bundle.write_text("\n".join(parts))
        environment |= {"NODE_EXTRA_CA_CERTS": str(bundle), "AWS_CA_BUNDLE": str(bundle)}
    return environment


def _cdk(emulator: Emulator, arguments: list[str], name: str, cwd: Path | None = None) -> None:
    """In a group of its own, so that an interrupt ends node and whatever it started."""
    log = emulator.home / f"cdk-{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(CDK), *arguments, "--no-notices", "--no-version-reporting"],
            cwd=cwd or emulator.home,
            env=environment(emulator),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            failed = process.wait(timeout=_TIMEOUT_SECONDS)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if failed:
        tail = log.read_text(errors="replace")[-4000:]
        raise LocalStackError(f"cdk {name} failed:\n{tail}")
