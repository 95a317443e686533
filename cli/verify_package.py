"""Checks an evidence package of Tocsin. It needs Python 3.9 or newer and nothing else; a copy lies in each package.

    python3 verify.py                  checks the folder it lies in
    python3 verify.py PACKAGE.zip      checks an archive without unpacking it

Exit code 0 where everything fits, 1 where something does not, 2 where there is nothing to check.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

SUMS = "SHA256SUMS"
_OWN_CACHE = "__pycache__"
_PIECE = 1 << 20


class Finding(NamedTuple):
    """Whether something fits, with a line of text about it."""

    fits: bool
    text: str


class Package:
    """The files of an archive or of a folder by their names."""

    def __init__(self, where: Path) -> None:
        """Open it; raises OSError or zipfile.BadZipFile where there is none."""
        self._root = where
        self._archive = None if where.is_dir() else zipfile.ZipFile(where)
        if self._archive is not None:
            self.names = self._archive.namelist()
        else:
            files = (file.relative_to(where) for file in sorted(where.rglob("*")) if file.is_file())
            self.names = [file.as_posix() for file in files if _OWN_CACHE not in file.parts]

    def stream(self, name: str) -> IO[bytes]:
        """One file, opened."""
        return self._archive.open(name) if self._archive else (self._root / name).open("rb")

    def read(self, name: str) -> bytes:
        """The content of one file."""
        with self.stream(name) as file:
            return file.read()

    def lines(self, name: str) -> list[str]:
        """The lines of a text; other characters that may end one belong to it."""
        return [line for line in self.read(name).decode().split("\n") if line]

    def json(self, name: str) -> Any:
        """A document."""
        return json.loads(self.read(name).decode())

    def sha256(self, name: str) -> str:
        """The hash of one file, however large."""
        digest = hashlib.sha256()
        with self.stream(name) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        return digest.hexdigest()


def main(arguments: list[str]) -> int:
    """Check what is named, or the folder this file lies in, and print what was found."""
    where = Path(arguments[0]) if arguments else Path(__file__).resolve().parent
    try:
        package = Package(where)
    except (OSError, zipfile.BadZipFile) as error:
        print(f"{where}: {error}")
        return 2
    findings = list(check(package))
    for found in findings:
        print(f"{'ok   ' if found.fits else 'FAULT'}  {found.text}")
    faults = sum(not found.fits for found in findings)
    print(f"{faults} of {len(findings)} checks failed" if faults else "everything fits")
    return 1 if faults else 0


def check(package: Package) -> Iterator[Finding]:
    """Everything there is to check, in the order of what rests on what."""
    for what, step in _STEPS.items():
        try:
            yield from step(package)
        except Exception as error:  # noqa: BLE001 - whatever is in there, the other steps go on
            yield Finding(False, f"{what} cannot be read: {type(error).__name__}: {error}")


def _sums(package: Package) -> Iterator[Finding]:
    names = set(package.names)
    if len(names) != len(package.names):
        yield Finding(False, "a name is in the archive twice")
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in package.lines(SUMS))}
    for name in sorted(names - set(listed) - {SUMS}):
        yield Finding(False, f"{name}: is not in {SUMS}")
    for name in sorted(set(listed) - names):
        yield Finding(False, f"{name}: is missing")
    there = sorted(set(listed) & names)
    wrong = [name for name in there if package.sha256(name) != listed[name]]
    for name in wrong:
        yield Finding(False, f"{name}: was changed, its SHA-256 is not the one in {SUMS}")
    yield Finding(not wrong, f"{len(there) - len(wrong)} of {len(there)} files have the SHA-256 that {SUMS} says")


def _manifest(package: Package) -> Iterator[Finding]:
    manifest = package.json("manifest.json")
    yield Finding(manifest["state"] == "whole", f"at the export: {manifest['state']}")
    entries = (entry for line in package.lines("timeline/lines.jsonl") for entry in json.loads(line)["entries"])
    added = {entry["data"]["data"]["sha256"] for entry in entries if entry["kind"] == "evidence.added"}
    files = {each["sha256"]: each for each in manifest["files"]}
    for digest in sorted(added - set(files)):
        yield Finding(False, f"evidence {digest}: was added by the timeline, and the manifest does not know it")
    for digest, each in sorted(files.items()):
        called = ", ".join(sorted({mention["name"] for mention in each["mentions"]}))
        yield _evidence(package, each, f"evidence {digest} ({called})")


def _evidence(package: Package, each: dict[str, Any], called: str) -> Finding:
    if each["kept"] == "elsewhere":
        return Finding(True, f"{called}: was only named, and is not in here")
    if each["kept"] != "intact" or each["file"] not in package.names:
        return Finding(False, f"{called}: is {'missing' if each['kept'] == 'intact' else each['kept']}")
    fits = package.sha256(each["file"]) == each["sha256"]
    return Finding(fits, f"{called}: is {'' if fits else 'not '}what was added")


def _timeline(package: Package) -> Iterator[Finding]:
    lines, hashes = package.lines("timeline/lines.jsonl"), package.lines("timeline/hashes.txt")
    previous = ""
    for number, line in enumerate(lines, 1):
        found = hashlib.sha256(f"{previous}\n{line}".encode()).hexdigest()
        if hashes[number - 1 : number] != [found] or json.loads(line)["number"] != number:
            yield Finding(False, f"line {number} of the timeline is the first broken link")
            return
        previous = found
    said = package.json("manifest.json")["timeline"]
    whole = len(lines) == len(hashes) == said["lines"] and previous == said["head"]
    yield Finding(whole, f"the chain of {len(lines)} lines {'is unbroken' if whole else 'ends elsewhere'}")


def _heads(package: Package) -> Iterator[Finding]:
    incident, hashes = package.json("manifest.json")["incident"], package.lines("timeline/hashes.txt")
    sealed: set[int] = set()
    wrong: set[int] = set()
    for name in sorted(name for name in package.names if name.startswith("heads/")):
        if not name.endswith(f"-{package.sha256(name)[:16]}.jsonl"):
            yield Finding(False, f"{name}: its content is not what its name says")
        for head in map(json.loads, package.lines(name)):
            if head["incident"] == incident:
                number = head["number"]
                sealed.add(number)
                if hashes[number - 1 : number] != [head["hash"]]:
                    wrong.add(number)
    if wrong:
        yield Finding(False, f"line {min(wrong)} of the timeline was sealed with another hash, or is gone")
    else:
        yield Finding(True, f"{len(sealed)} of {len(hashes)} lines were sealed in write-once storage as they are here")


def _statements(package: Package) -> Iterator[Finding]:
    for name in sorted(name for name in package.names if name.startswith("statements/")):
        said = package.json(name)
        if said["text"] is None:
            yield Finding(False, f"{name}: its text is missing")
            continue
        content = {"evidence": sorted(said["evidence"].items()), "text": sorted(said["text"].items())}
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        fits = hashlib.sha256(text.encode()).hexdigest() == said["hash"]
        yield Finding(fits, f"{name}: is {'' if fits else 'not '}the text that was approved")


_STEPS = {
    "the list of hashes": _sums,
    "the manifest": _manifest,
    "the timeline": _timeline,
    "the sealed heads": _heads,
    "the statements": _statements,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
