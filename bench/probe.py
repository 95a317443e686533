"""Put into a deployed function beside its code, for a measure only: tells what a run spent in calls to AWS.

Stands alone (standard library and what the runtime has), because it is uploaded as a single file. The function's
handler becomes `probe.handler`; `PROBED_HANDLER` names the real one, `PROBED_INTO` the file that gets a line of JSON a
run.
"""

from __future__ import annotations

import json
import os
import re
import time
from importlib import import_module
from typing import Any

from botocore.httpsession import URLLib3Session

_INCIDENT = re.compile(rb"inc-[0-9a-f]{20}")
_calls: list[dict[str, Any]] = []
_send = URLLib3Session.send


def _timed(session: URLLib3Session, request: Any) -> Any:
    began = _now()
    try:
        return _send(session, request)
    finally:
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        target = request.headers.get("X-Amz-Target", b"")
        name = target.decode() if isinstance(target, bytes) else str(target)
        _calls.append(
            {
                "call": name.rpartition(".")[2] or request.url.rpartition("/")[2],
                "began": began,
                "ended": _now(),
                "incidents": sorted({found.decode() for found in _INCIDENT.findall(body)}),
            }
        )


def handler(event: Any, context: Any) -> Any:
    """The real handler, and a line about its run."""
    _calls.clear()
    began = _now()
    try:
        return _real(event, context)
    finally:
        run = {"handler": os.environ["PROBED_HANDLER"], "began": began, "ended": _now(), "calls": _calls}
        line = json.dumps(run).encode() + b"\n"
        file = os.open(os.environ["PROBED_INTO"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, line)  # one write each: lines of several workers never mix
        os.close(file)


def _now() -> float:
    return time.time_ns() / 1e6


if "PROBED_HANDLER" in os.environ:
    URLLib3Session.send = _timed  # type: ignore[assignment,method-assign]
    _module, _, _name = os.environ["PROBED_HANDLER"].rpartition(".")
    _real = getattr(import_module(_module), _name)
