"""Asks the real CDK command line what a deployment would change."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Final

from cli.deployment import LOCAL
from cli.local_stack.deployment import CDK, environment
from cli.local_stack.emulator import ROOT
from cli.local_stack.stack import running_stack

_TIMEOUT_SECONDS: Final = 900


class CdkError(Exception):
    """The CDK could not say; its last words."""


def cdk_diff(stage: str, context: Mapping[str, str]) -> str:
    """What `cdk diff` prints of a stage, synthesized from this checkout.

    Args:
        stage: its name.
        context: settings for this deployment, as `cdk deploy -c` takes them.

    Raises:
        CdkError: it is not installed, the app does not synthesize, or the account cannot be asked.
    """
    if not CDK.exists():
        raise CdkError("the CDK command line is missing: run `make install`")
    surroundings, method = dict(os.environ), "auto"
    if stage == LOCAL:
        stack = running_stack()
        surroundings = environment(stack.emulator)
        deployed = {"endpoint_url": stack.endpoint_url, "policy": stack.policy, "time_scale": str(stack.time_scale)}
        if stack.emulator.certificate is not None:
            deployed["ca_bundle"] = str(stack.emulator.certificate)
        context = {**deployed, **context}
        method = "template"  # the emulator's change sets say no more, and take a minute longer
    given = {"stage": stage, **context}
    with tempfile.TemporaryDirectory(prefix="tocsin-diff-") as assembly:
        arguments = [
            *("diff", "--app", f"{sys.executable} app.py", "--output", assembly, f"--method={method}"),
            *("--no-color", "--no-notices", "--no-version-reporting"),
            *(part for name, value in given.items() for part in ("-c", f"{name}={value}")),
        ]
        try:
            done = subprocess.run(
                [str(CDK), *arguments],
                cwd=ROOT,
                env={**surroundings, "CI": "true"},  # so that it prints to stdout
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CdkError(f"cdk diff did not end within {_TIMEOUT_SECONDS} s") from None
    if done.returncode:
        raise CdkError("\n".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-20:]))
    return done.stdout
