"""A deployed local stack: `with local_stack() as stack:` in tests and demos, `running_stack()` after `tocsin up`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3
import httpx
from botocore.config import Config

from cli.local_stack.deployment import deploy
from cli.local_stack.emulator import ACCOUNT, REGION, ROOT, Emulator, LocalStackError, free_port
from cli.local_stack.seeds import LocalKeys, console_person, seed

HOMES: Final = ROOT / ".tocsin"
STATE: Final = HOMES / "local.json"
"""Where `tocsin up` says how to reach what it started."""
_SAVED: Final = ("outputs", "api_key", "person", "person_key", "region", "policy", "time_scale")


@dataclass(frozen=True)
class LocalStack:
    emulator: Emulator
    outputs: Mapping[str, str] = field(default_factory=dict)
    api_key: str = ""
    """A key the API takes, of the intake system `crm`."""
    person: str = ""
    """Whose key `person_key` is: somebody who stands in for the commander of a crisis, where the policy has one."""
    person_key: str = ""
    region: str = REGION
    policy: str = "retail"
    time_scale: int = 1

    @property
    def endpoint_url(self) -> str:
        return self.emulator.endpoint_url

    @property
    def api_url(self) -> str:
        return self.outputs["ApiUrl"]

    @property
    def console_url(self) -> str:
        return self.outputs["ConsoleUrl"]

    @property
    def site_url(self) -> str:
        """The status site for a browser; for Python there is `cli.local_stack.site.public_page`."""
        return self.outputs["SiteUrl"]

    def http(self, **settings: Any) -> httpx.Client:
        """A client that trusts the emulator's certificate and goes through no proxy."""
        return httpx.Client(verify=_trusting(self.emulator.certificate), trust_env=False, **{"timeout": 10, **settings})

    @property
    def api(self) -> httpx.Client:
        """The HTTP API, with the key of intake system `crm`: `with stack.api as api: api.post("/v1/events", ...)`."""
        return self.http(base_url=self.api_url, headers={"authorization": f"Bearer {self.api_key}"})

    def client(self, service: str) -> Any:
        """A boto3 client with every right."""
        return boto3.session.Session().client(
            service,  # type: ignore[call-overload]  # any service, by name
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - what the emulator calls its root
            verify=self.emulator.verify,
            config=Config(
                retries={"total_max_attempts": 2},
                connect_timeout=5,
                read_timeout=60,
                s3={"addressing_style": "path"},
                proxies={},
            ),
        )

    def carrier_sms(self, phone: str | None = None) -> list[dict[str, Any]]:
        """The text messages the carrier was given: by number, oldest first; it keeps no times."""
        asked = {"phoneNumber": phone} if phone else {}
        by_phone = self._ask("/_ministack/sns/sms-messages", asked)["sms_messages"]
        return [{**sms, "PhoneNumber": number} for number, messages in by_phone.items() for sms in messages]

    def carrier_emails(self) -> list[dict[str, Any]]:
        """The e-mails the carrier was given, oldest first."""
        by_account = self._ask("/_ministack/ses/messages", {"account": ACCOUNT})["messages"]
        found = [mail for mails in by_account.values() for mail in mails]
        return sorted(found, key=lambda mail: float(mail["Timestamp"]))

    def _ask(self, path: str, query: Mapping[str, str]) -> Any:
        with self.http() as http:
            return http.get(self.endpoint_url + path, params=dict(query)).raise_for_status().json()


@cache
def _trusting(certificate: Path | None) -> ssl.SSLContext:
    """Made once: reading the certificates of the whole world takes longer than most requests to the stack."""
    return ssl.create_default_context(cafile=certificate)


@contextmanager
def local_stack(
    *,
    policy: str = "retail",
    time_scale: int = 1,
    auth: bool = False,
    keep_logs: bool = False,
    watched: bool = False,
) -> Iterator[LocalStack]:
    """A stack of its own on a free port, gone when the block ends, however it ends.

    Args:
        policy: the policy its incidents are opened under.
        time_scale: 60 makes 30 minutes 30 seconds.
        auth: whether the emulator checks every role's rights, over TLS; slower.
        keep_logs: whether the logs stay under `.tocsin/` afterwards.
        watched: whether alarms speak; schedules and alarms then have `time_scale` times the speed, too.
    """
    HOMES.mkdir(exist_ok=True)
    _remove_what_was_killed()
    home = Path(tempfile.mkdtemp(prefix=f"run-{os.getpid()}-", dir=HOMES))
    emulator = Emulator(home, port=free_port(), auth=auth, watched=time_scale if watched else None)
    with _ended_by_sigterm():
        try:
            emulator.start()
            yield bring_up(emulator, policy=policy, time_scale=time_scale)
        finally:
            emulator.stop()
            if not keep_logs:
                shutil.rmtree(home, ignore_errors=True)


def bring_up(emulator: Emulator, *, policy: str, time_scale: int, before: LocalStack | None = None) -> LocalStack:
    """Deploy onto a running emulator, and put in what a deployment leaves to an operator.

    Args:
        before: what was deployed there already; its keys stay, if they are for the same people.
    """
    settings = {"endpoint_url": emulator.endpoint_url, "policy": policy, "time_scale": str(time_scale)}
    if emulator.certificate is not None:
        settings["ca_bundle"] = str(emulator.certificate)
    outputs = deploy(emulator, settings, bootstrap=before is None)
    stack = LocalStack(emulator, outputs, policy=policy, time_scale=time_scale, person=console_person(policy))
    known = LocalKeys(before.api_key, before.person_key if before.person == stack.person else "") if before else None
    keys = seed(stack.client, outputs, stack.person, known)
    return replace(stack, api_key=keys.intake, person_key=keys.person)


def running_stack() -> LocalStack:
    """The stack that `tocsin up` started."""
    stack = saved_stack()
    if stack is None or not stack.outputs or not stack.emulator.running():
        raise LocalStackError("no local stack is running: start one with `tocsin up`")
    return stack


def saved_stack() -> LocalStack | None:
    if not STATE.exists():
        return None
    state = json.loads(STATE.read_text())
    emulator = Emulator(Path(state["home"]), port=state["port"], auth=state["auth"], pid=state["pid"])
    return LocalStack(emulator, **{name: state[name] for name in _SAVED if name in state})


def save(stack: LocalStack) -> None:
    emulator = stack.emulator
    state = {
        "endpoint_url": stack.endpoint_url,
        **{name: getattr(stack, name) for name in _SAVED},
        "outputs": dict(stack.outputs),
        "port": emulator.port,
        "pid": emulator.pid,
        "auth": emulator.auth,
        "home": str(emulator.home),
    }
    beside = STATE.with_suffix(".new")
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(state, indent=2) + "\n")
    beside.replace(STATE)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM and a closed terminal unwind like Ctrl-C does, so that what follows is stopped and removed too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _remove_what_was_killed() -> None:
    """Folders of runs that had no time to remove them; their emulators ended by themselves."""
    for home in HOMES.glob("run-*-*"):
        try:
            os.kill(int(home.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(home, ignore_errors=True)
        except (PermissionError, ValueError):
            continue
