"""Two DynamoDBs that others wrote and that need no Docker: how each is fetched, and started for this machine alone."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final, Protocol

HERE: Final = Path(__file__).parent
BUILT: Final = HERE.parent / ".build" / "conformance"

_LAST_WITH_POLICIES: Final = 23
"""The last Java that keeps to a security policy."""
_FIRST_JAVA: Final = 17


class StoreError(Exception):
    """This store cannot be had here, and why."""


class Store(Protocol):
    """A DynamoDB of its own."""

    name: str
    about: str

    def missing(self) -> str:
        """What this machine lacks to run it; empty where it lacks nothing."""
        ...

    def fetch(self) -> None:
        """Download it, unless it is there.

        Raises:
            StoreError: it cannot be had, or is not what was pinned.
        """
        ...

    def command(self, port: int) -> list[str]:
        """What starts it, in memory, on a port of this machine."""
        ...


class DynamoDbLocal:
    """Amazon's own, from Maven Central."""

    JAR = BUILT / "dynamodb-local" / "DynamoDBLocal-2.6.1.jar"
    JAR_SHA256 = "a28d8b4919999b7dee6ffa9fd4e9a08744460657a9bd3e3499e3aad00e1f2cc4"

    name = "dynamodb-local"
    about = (
        "Amazon's DynamoDB Local 2.6.1, used under its own license, which asks for an AWS account in good standing; "
        "STORE=dynalite does without"
    )

    def missing(self) -> str:
        for tool in ("java", "mvn"):
            if shutil.which(tool) is None:
                return f"{tool} is not on the PATH"
        if platform.machine().lower() not in {"x86_64", "amd64"}:
            return "the SQLite that comes with it is for x86-64 only"
        return "" if _java_version() >= _FIRST_JAVA else f"Java {_FIRST_JAVA} or later is needed"

    def fetch(self) -> None:
        if not self.JAR.exists():
            # -C: a file that is not what its checksum says is refused.
            _run(["mvn", "-B", "-q", "-C", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"])
        if hashlib.sha256(self.JAR.read_bytes()).hexdigest() != self.JAR_SHA256:
            raise StoreError(f"{self.JAR} is not the one that was pinned: remove {self.JAR.parent}, then try again")

    def command(self, port: int) -> list[str]:
        policy = ["-Djava.security.manager", f"-Djava.security.policy=={HERE / 'loopback.policy'}"]
        return [
            *("java", "-Xmx512m", f"-Dsqlite4java.library.path={self.JAR.parent}"),
            *(policy if _java_version() <= _LAST_WITH_POLICIES else []),
            *("-cp", f"{self.JAR.parent}{os.sep}*", "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"),
            *("-inMemory", "-disableTelemetry", "-port", str(port)),
        ]


class Dynalite:
    """An implementation in JavaScript, from npm. It has no transactions."""

    name = "dynalite"
    about = "dynalite 4.0.0 from npm, which knows no transactions"

    def missing(self) -> str:
        return next((f"{tool} is not on the PATH" for tool in ("node", "npm") if shutil.which(tool) is None), "")

    def fetch(self) -> None:
        # What its packages would run at their installation is for a store on disk, which is not used here.
        _run(["npm", "ci", "--prefix", str(HERE), "--ignore-scripts", "--silent", "--no-audit", "--no-fund"])

    def command(self, port: int) -> list[str]:
        program = HERE / "node_modules" / "dynalite" / "cli.js"
        at_once = [f"--{what}TableMs=0" for what in ("create", "delete", "update")]
        return ["node", str(program), "--host", "127.0.0.1", "--port", str(port), *at_once]


STORES: Final[tuple[Store, ...]] = (DynamoDbLocal(), Dynalite())
"""The first that this machine can run is taken."""


def _java_version() -> int:
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', told.stderr)
    return int(found[1]) if found else 0


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = (done.stdout + done.stderr).strip()[-1000:]
        raise StoreError(f"`{' '.join(command[:2])} …` failed:\n{tail}")
