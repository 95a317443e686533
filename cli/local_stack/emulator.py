"""Starts and stops the emulator's process group, and leaves nothing of it behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx

ROOT: Final = Path(__file__).resolve().parents[2]
REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"

_READY_SECONDS: Final = 30
_STOP_SECONDS: Final = 8
_SWEEPERS: Final = 8
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "USER", "NODE_EXTRA_CA_CERTS")


class LocalStackError(Exception):
    """The local stack cannot do what it was asked to, and says what to do about it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def credentials() -> dict[str, str]:
    """The emulator's root, and no file of the person who runs this: nothing here can reach a real account."""
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def clean_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"NO_PROXY": "127.0.0.1,localhost"}


class Emulator:
    """One emulator in its own process group; everything it writes is under `home`.

    Args:
        watched: how many times as fast schedules beat and alarms look; None: as fast as the world, alarms silent.
    """

    def __init__(
        self, home: Path, *, port: int, auth: bool, pid: int | None = None, watched: int | None = None
    ) -> None:
        self.home = home
        self.port = port
        self.auth = auth
        self.pid = pid
        self._watched = watched
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        return f"{'https' if self.auth else 'http'}://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Path | None:
        """What a client trusts when the emulator checks rights (the CDK insists on TLS then)."""
        return self.home / "tmp" / "ministack-tls" / "server.crt" if self.auth else None

    @property
    def verify(self) -> str | bool:
        return str(self.certificate) if self.certificate else True

    @property
    def log(self) -> Path:
        return self.home / "emulator.log"

    def start(self, *, outlive: bool = False) -> None:
        """Until it answers. `outlive`: it stays when the caller ends (`tocsin up`)."""
        if _in_use(self.port):
            raise LocalStackError(f"port {self.port} is in use: stop what uses it, or choose another with --port")
        (self.home / "tmp").mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "cli.local_stack.launcher"]
        if not outlive:
            command += ["--parent", str(os.getpid())]
        if self._watched is not None:
            command += ["--watched", str(self._watched)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._process.pid
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def running(self) -> bool:
        """Whether this emulator answers, and not another program that was given its port since."""
        if self.pid is None or not _is_ours(self.pid):
            return False
        with contextlib.suppress(httpx.HTTPError, OSError):
            return bool(self._ask("/_ministack/ready").status_code == httpx.codes.OK)
        return False

    def stop(self) -> None:
        """The whole group, workers included; asked first, then told. Does nothing the second time."""
        if self.pid is not None and _is_ours(self.pid):
            _signal_group(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + _STOP_SECONDS
            while _group_lives(self.pid) and time.monotonic() < deadline:
                if self._process is not None:
                    self._process.poll()
                time.sleep(0.05)
            _signal_group(self.pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self.pid = None
        _remove(self.home / "tmp")

    def workers(self, function: str) -> list[int]:
        """The processes that run a function at the moment, by its full name."""
        listed = subprocess.run(["ps", "-A", "-o", "pid=,args="], capture_output=True, text=True, check=True)
        folder = str(self.home / "tmp" / f"ministack-lambda-{function}-")
        return [int(line.split()[0]) for line in listed.stdout.splitlines() if folder in line]

    def _ask(self, path: str) -> httpx.Response:
        return httpx.get(self.endpoint_url + path, verify=self._tls(), timeout=5, trust_env=False)

    def _tls(self) -> bool:
        # Only asked whether it is up: the certificate is being made while we wait.
        return not self.auth

    def _environment(self) -> dict[str, str]:
        settings = {
            "BIND_HOST": "127.0.0.1",  # the default lets anybody on the network run code here
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_REGION": REGION,
            "TMPDIR": str(self.home / "tmp"),
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
        }
        if self.auth:
            settings |= {"AUTH": "true", "USE_SSL": "1"}
        environment = clean_environment()
        environment.pop("NODE_EXTRA_CA_CERTS", None)
        return environment | settings

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                break
            if self.running():
                return
            time.sleep(0.05)
        tail = self.log.read_text(errors="replace")[-2000:]
        raise LocalStackError(f"the emulator did not start on port {self.port}:\n{tail}")


def _remove(folder: Path) -> None:
    """Each worker left a copy of its code, some 40,000 files in all: one by one a disk takes a minute for them."""
    if folder.is_dir():
        with ThreadPoolExecutor(_SWEEPERS) as sweepers:
            for each in folder.iterdir():
                sweepers.submit(shutil.rmtree, each, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_ours(pid: int) -> bool:
    """Process ids are used again: only one that leads a group and runs our launcher is ours."""
    try:
        if os.getpgid(pid) != pid:
            return False
    except (ProcessLookupError, PermissionError):
        return False
    listed = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "cli.local_stack.launcher" in listed.stdout


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _signal_group(group: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, which)
