"""The local stack leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from cli.local_stack.emulator import ROOT, Emulator, LocalStackError, free_port


def group_of(pid: int) -> str:
    return subprocess.run(
        ["ps", "-o", "pid=", "-g", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()


def gone(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while group_of(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not group_of(pid)


def test_two_run_side_by_side_and_stop_cleanly(tmp_path: Path) -> None:
    emulators = [Emulator(tmp_path / name, port=free_port(), auth=False) for name in ("a", "b")]
    try:
        for each in emulators:
            each.start()
        assert all(each.running() for each in emulators)
        pids = [each.pid for each in emulators]
    finally:
        for each in emulators:
            each.stop()
            each.stop()  # once more does no harm
    assert not any(each.running() for each in emulators)
    assert all(pid is not None and gone(pid) for pid in pids)
    assert not any((each.home / "tmp").exists() for each in emulators)


def test_it_answers_on_this_machine_alone(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path, port=free_port(), auth=False)
    emulator.start()
    try:
        listed = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=False).stdout
        bound = [line.split()[3] for line in listed.splitlines() if line.split()[3].endswith(f":{emulator.port}")]
        assert bound in ([f"127.0.0.1:{emulator.port}"], [])  # none: this machine has no ss
    finally:
        emulator.stop()


def test_a_port_in_use_is_said_so(tmp_path: Path) -> None:
    first = Emulator(tmp_path / "first", port=free_port(), auth=False)
    first.start()
    try:
        second = Emulator(tmp_path / "second", port=first.port, auth=False)
        with pytest.raises(LocalStackError, match=str(first.port)):
            second.start()
    finally:
        first.stop()


def test_it_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from cli.local_stack.emulator import Emulator, free_port\n"
        "e = Emulator(Path(sys.argv[1]), port=free_port(), auth=False); e.start()\n"
        "print(e.pid, e.endpoint_url, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid, url = parent.stdout.readline().split()
    assert httpx.get(f"{url}/_ministack/ready", trust_env=False).status_code == httpx.codes.OK
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert gone(int(pid))


def test_it_is_not_confused_by_a_process_id_used_again(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "30"], start_new_session=True)
    try:
        saved = Emulator(tmp_path, port=free_port(), auth=False, pid=stranger.pid)
        assert not saved.running()
        saved.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
