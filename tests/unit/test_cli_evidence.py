"""The evidence package: one archive with everything, which proves itself and shows whatever was done to it (C6, I9)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.adapters import dynamo_keys
from shared.adapters.dynamo_statements import DynamoStatements
from shared.adapters.sealed_heads import S3SealedHeads
from shared.domain.evidence_package import sha256
from shared.domain.heads import Head
from tests.contract.tables import EVIDENCE
from tests.crisis_story import CRISIS, DRAFT, REPORT_PDF, SINCE, STILL, play
from tests.fakes import FakeTime
from tests.unit.cli_stage import Stage, stage, tocsin

REPORT, SEEN = sha256(REPORT_PDF), sha256(STILL)


def put(made: Stage, digest: str, content: bytes) -> None:
    made.client("s3").put_object(
        Bucket=EVIDENCE, Key=f"evidence/{CRISIS}/{digest}", Body=content, ChecksumAlgorithm="SHA256"
    )


def seal_all(made: Stage) -> None:
    lines = made.incidents().timeline(CRISIS)
    heads = [Head(CRISIS, line.number, line.hash, line.at) for line in lines]
    S3SealedHeads(lambda: made.client("s3"), EVIDENCE).seal([*heads, Head("inc-other", 1, "0" * 64, SINCE)])


@pytest.fixture(scope="module")
def played() -> Iterator[Stage]:
    """A stage where the crisis is over; tests only read it."""
    with stage() as made:
        statements = DynamoStatements(lambda: made.client("dynamodb"), made.tables)
        play(
            replace(made.world, statements=statements, time=FakeTime(SINCE)),
            lambda digest, content: put(made, digest, content),
        )
        seal_all(made)
        yield made


@pytest.fixture(scope="module")
def package(played: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("evidence") / "package.zip"
    result = tocsin("crisis", "evidence", CRISIS, "--out", path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"SHA-256 {sha256(path.read_bytes())}" in result.stdout
    return path


def content(package: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unpacked(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def verify(*arguments: object, script: Path) -> subprocess.CompletedProcess[str]:
    """Run the archive's own verify.py as somebody without the product does."""
    command = [sys.executable, "-I", "-S", "-B", str(script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_files_go_by_their_hash_and_the_manifest_says_whose_they_are(package: Path) -> None:
    found = content(package)
    assert found[f"files/{REPORT}.pdf"] == REPORT_PDF
    assert found[f"files/{SEEN}"] == STILL
    files = {each["sha256"]: each for each in json.loads(found["manifest.json"])["files"]}
    assert set(files) == {REPORT, SEEN, "ab" * 32}
    lab = files[REPORT]
    assert (lab["kept"], lab["size"], lab["media_type"]) == ("intact", len(REPORT_PDF), "application/pdf")
    added, used = lab["mentions"]
    assert added == {
        "how": "evidence.added",
        "name": "lab report.PDF",
        "at": "2026-03-02T02:14:00Z",
        "by": "lin.guodong",
    }
    assert used["how"] == "statement.drafted"
    assert files["ab" * 32]["kept"] == "elsewhere"


def test_the_timeline_is_there_as_it_was_sealed(played: Stage, package: Path) -> None:
    found = content(package)
    lines = found["timeline/lines.jsonl"].decode().split("\n")[:-1]
    hashes = found["timeline/hashes.txt"].decode().split()
    assert hashes == [line.hash for line in played.incidents().timeline(CRISIS)]
    previous = ""
    for line, digest in zip(lines, hashes, strict=True):
        assert sha256(f"{previous}\n{line}".encode()) == digest
        previous = digest


def test_sealed_objects_are_there_as_they_were_sealed(played: Stage, package: Path) -> None:
    found = content(package)
    manifest = json.loads(found["manifest.json"])
    there = {name: body for name, body in found.items() if name.startswith("heads/")}
    assert set(there) == {each["object"] for each in manifest["sealed"]}
    for name, body in there.items():
        assert played.client("s3").get_object(Bucket=EVIDENCE, Key=name)["Body"].read() == body
    lines = [number for each in manifest["sealed"] for number in each["lines"]]
    assert sorted(lines) == list(range(1, manifest["timeline"]["lines"] + 1))
    assert all(each["kept_until"] > each["sealed_at"] for each in manifest["sealed"])


def test_every_revision_of_a_statement_is_there_with_its_approvals(package: Path) -> None:
    found = {name: json.loads(body) for name, body in content(package).items() if name.startswith("statements/")}
    assert set(found) == {"statements/first-1.json", "statements/progress-1.json", "statements/progress-2.json"}
    first = found["statements/first-1.json"]
    assert first["text"] == DRAFT
    assert first["evidence"] == {"lab report.PDF": REPORT}
    assert first["approvals"] == [
        {"role": "legal", "by": "peng.jianguo", "at": "2026-03-02T02:20:00Z"},
        {"role": "commander", "by": "lin.guodong", "at": "2026-03-02T02:22:00Z"},
    ]
    assert first["published_at"] == "2026-03-02T02:32:00Z"
    vetoed = found["statements/progress-1.json"]
    assert (vetoed["rejected_by"], vetoed["published_at"]) == ("lin.guodong", None)


def test_personal_data_of_the_customer_is_left_out(package: Path) -> None:
    assert b"+8613800138000" not in package.read_bytes()
    assert "王小明".encode() not in package.read_bytes()


def test_the_same_record_gives_the_same_bytes(played: Stage, package: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    assert tocsin("crisis", "evidence", "crm/weibo#F-1", "--out", again).exit_code == 0
    assert again.read_bytes() == package.read_bytes()
    assert again.stat().st_mode & 0o777 == 0o600


def test_the_archive_proves_itself(package: Path, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path)
    inside = verify(script=folder / "verify.py")
    assert (inside.returncode, inside.stderr) == (0, "")
    assert "everything fits" in inside.stdout
    assert verify(package, script=folder / "verify.py").stdout == inside.stdout
    by_product = tocsin("crisis", "evidence", "--verify", package)
    assert (by_product.exit_code, by_product.stdout) == (0, inside.stdout)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum on this machine")
def test_what_the_readme_says_to_type_works(package: Path, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path)
    readme = (folder / "README.txt").read_text(encoding="utf-8")
    commands = [
        "\n".join(line.strip() for line in block)
        for block in _blocks(readme)
        if block[0].strip().startswith(("sha256sum", 'p=""'))
    ]
    assert len(commands) == 4, "both ways in both languages"
    for command in commands:
        done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert "OK" in done.stdout


def _blocks(text: str) -> Iterator[list[str]]:
    """Indented lines that stand together."""
    block: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.startswith("    "):
            block.append(line)
        elif block:
            yield block
            block = []


def _change_json(name: str, what: Callable[[Any], None]) -> Callable[[dict[str, bytes]], None]:
    def change(found: dict[str, bytes]) -> None:
        read = json.loads(found[name])
        what(read)
        found[name] = json.dumps(read, ensure_ascii=False).encode()

    return change


def _replace(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    def change(found: dict[str, bytes]) -> None:
        assert old in found[name]
        found[name] = found[name].replace(old, new)

    return change


def _cut_timeline(found: dict[str, bytes]) -> None:
    lines, hashes = found["timeline/lines.jsonl"].split(b"\n"), found["timeline/hashes.txt"].split(b"\n")
    found["timeline/lines.jsonl"], found["timeline/hashes.txt"] = b"\n".join(lines[:4]), b"\n".join(hashes[:4])
    _change_json("manifest.json", lambda read: read["timeline"].update(lines=4, head=hashes[3].decode()))(found)


def _rewrite_timeline(found: dict[str, bytes]) -> None:
    lines = found["timeline/lines.jsonl"].replace(b"lin.guodong", b"he.xiulan").split(b"\n")[:-1]
    hashes: list[str] = []
    for line in lines:
        hashes.append(sha256((hashes[-1] if hashes else "").encode() + b"\n" + line))
    found["timeline/lines.jsonl"] = b"\n".join(lines)
    found["timeline/hashes.txt"] = "\n".join(hashes).encode()
    _change_json("manifest.json", lambda read: read["timeline"].update(head=hashes[-1]))(found)


def _forge_head(found: dict[str, bytes]) -> None:
    name = next(name for name in found if name.startswith("heads/"))
    found[name] = found[name].replace(b'"number":1}', b'"number":1 }')


TAMPERED: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "a file": (_replace(f"files/{REPORT}.pdf", b"laboratory", b"lavatory.."), "is not what was added"),
    "a file is gone": (lambda found: found.__delitem__(f"files/{SEEN}"), f"evidence {SEEN} (still): is missing"),
    "the manifest forgets a file": (
        _change_json("manifest.json", lambda read: read["files"].clear()),
        f"evidence {REPORT}: was added by the timeline, and the manifest does not know it",
    ),
    "a line": (
        _replace("timeline/lines.jsonl", b"seat_declined", b"seat_deceived"),
        "line 5 of the timeline is the first",
    ),
    "the end is cut off": (_cut_timeline, "line 5 of the timeline was sealed with another hash, or is gone"),
    "all lines anew": (_rewrite_timeline, "was sealed with another hash"),
    "a sealed object": (_forge_head, "its content is not what its name says"),
    "a statement": (
        _replace("statements/first-1.json", b"withdrawn", b"withheld."),
        "statements/first-1.json: is not the text that was approved",
    ),
    "the manifest cannot be read": (lambda found: found.update({"manifest.json": b"["}), "the manifest cannot be read"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_tampering_shows_even_where_the_list_of_hashes_was_made_anew(how: str, package: Path, tmp_path: Path) -> None:
    change, said = TAMPERED[how]
    found = content(package)
    change(found)
    found["SHA256SUMS"] = "".join(
        f"{sha256(body)}  {name}\n" for name, body in sorted(found.items()) if name != "SHA256SUMS"
    ).encode()
    tampered = tmp_path / "tampered.zip"
    with zipfile.ZipFile(tampered, "w") as archive:
        for name, body in found.items():
            archive.writestr(name, body)
    result = verify(tampered, script=unpacked(package, tmp_path / "own") / "verify.py")
    assert result.returncode == 1, result.stdout
    assert any(line.startswith("FAULT") and said in line for line in result.stdout.splitlines()), result.stdout
    assert tocsin("crisis", "evidence", "--verify", tampered).exit_code == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "README.txt").write_text("trust me", encoding="utf-8"), "README.txt: was changed"),
        (lambda folder: (folder / "more.txt").write_text("", encoding="utf-8"), "more.txt: is not in SHA256SUMS"),
        (lambda folder: (folder / "README.txt").unlink(), "README.txt: is missing"),
    ],
)
def test_what_was_changed_added_or_taken_out_is_named(
    change: Callable[[Path], None], said: str, package: Path, tmp_path: Path
) -> None:
    folder = unpacked(package, tmp_path)
    change(folder)
    result = verify(script=folder / "verify.py")
    assert result.returncode == 1
    assert f"FAULT  {said}" in result.stdout


def test_what_is_no_package_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("no archive", encoding="utf-8")
    assert tocsin("crisis", "evidence", "--verify", tmp_path / "x.zip").exit_code == 2
    assert tocsin("crisis", "evidence", "--verify", tmp_path / "nothing.zip").exit_code == 2


@pytest.mark.parametrize("arguments", [(), (CRISIS, "--verify", "x.zip")])
def test_one_says_which(arguments: tuple[str, ...]) -> None:
    result = tocsin("crisis", "evidence", *arguments)
    assert (result.exit_code, result.stderr) == (2, "name an incident, or an archive with --verify\n")


def test_an_incident_that_is_not_there_is_said(played: Stage, tmp_path: Path) -> None:
    result = tocsin("crisis", "evidence", "crm#nothing", "--out", tmp_path / "x.zip")
    assert result.exit_code == 1
    assert "there is no such incident" in result.stderr
    assert list(tmp_path.iterdir()) == []


class TestWhatWasTamperedWithBeforeTheExport:
    """These change the stage: they come last, and each does one thing more to it."""

    def test_a_file_that_storage_lost(self, played: Stage, tmp_path: Path) -> None:
        put(played, SEEN, b"another still")
        result = tocsin("crisis", "evidence", CRISIS, "--out", tmp_path / "x.zip")
        assert result.exit_code == 1
        assert "1 of 3 files lost; the archive says so too" in result.stderr
        found = content(tmp_path / "x.zip")
        assert f"files/{SEEN}" not in found
        assert "lost" in tocsin("crisis", "evidence", "--verify", tmp_path / "x.zip").stdout

    def test_a_broken_chain(self, played: Stage, tmp_path: Path) -> None:
        key = dynamo_keys.line(CRISIS, 7)
        item = played.client("dynamodb").get_item(TableName="timeline", Key=key)["Item"]
        item["at"] = {"N": str(int(item["at"]["N"]) + 1)}
        played.client("dynamodb").put_item(TableName="timeline", Item=item)
        result = tocsin("crisis", "evidence", CRISIS, "--out", tmp_path / "x.zip")
        assert result.exit_code == 1
        assert "line 7 is broken" in result.stderr
        checked = tocsin("crisis", "evidence", "--verify", tmp_path / "x.zip")
        assert checked.exit_code == 1
        assert "line 7 of the timeline is the first broken link" in checked.stdout
