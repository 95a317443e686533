"""The evidence package of an incident (C6, I9): what is in the archive for the lawyers, as names and contents.

The customer's personal data is not: it lies beside the incident and never on its timeline. What people wrote into
summaries, reasons and statements is in it as they wrote it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.domain.crisis import Revision
from shared.domain.earlier_ladders import Ladder, about, ladders_of
from shared.domain.heads import SealedObject
from shared.domain.incident import Incident
from shared.domain.instants import format_instant
from shared.domain.outcome import Entry
from shared.domain.plain import plain
from shared.domain.policy import Policy
from shared.domain.publication import StatementText
from shared.domain.timeline import Line, sealed_text

FORMAT = "tocsin-evidence/1"
SUMS = "SHA256SUMS"
ADDED = "evidence.added"
Kept = Literal["intact", "lost", "elsewhere"]
"""Whether storage still holds the content of a file's hash: it does; it does not, or holds something else; it never
did, for the file was only named by somebody who has it."""

_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Mention:
    """Where the timeline speaks of a file: who added it, or which complaint or statement named it."""

    how: str
    name: str
    at: int
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """One file by its content hash, with everything that was said of it; the size as it was announced."""

    sha256: str
    mentions: tuple[Mention, ...]
    size: int | None = None
    media_type: str | None = None

    @property
    def was_added(self) -> bool:
        """Whether it was put into storage, and not only named."""
        return any(each.how == ADDED for each in self.mentions)

    @property
    def place(self) -> str:
        """Its name in the archive: the hash, and an ending by which a reader's programs know it."""
        ending = next((found for each in self.mentions if (found := _ending(each.name))), "")
        return f"files/{self.sha256}{ending}"


@dataclass(frozen=True, slots=True)
class Record:
    """An incident with all that the package shows of it.

    Attributes:
        lines: its timeline; sealed: the objects of write-once storage in which heads of it were found.
        texts: of the statements' revisions, those of earlier crises of the incident too, where they are there.
        files: what was found under the hash of each piece.
        state: what a reader should know before relying on it: `whole`, or what is wrong, in words.
        rules: those it was opened under; without them it stays unsaid when statements of earlier crises were due.
    """

    incident: Incident
    lines: Sequence[Line]
    sealed: Sequence[SealedObject]
    texts: Sequence[StatementText]
    files: Mapping[str, Kept]
    state: str
    rules: Policy | None = None


def revisions_of(incident: Incident, lines: Iterable[Line]) -> tuple[tuple[str, int], ...]:
    """Rung and number of every text that was ever drafted of an incident, also in crises it was before this one."""
    entries = [entry for line in lines for entry in line.entries]
    kept = ((each.rung, revision.number) for each in incident.statements for revision in each.revisions)
    told = (
        (rung, revision.number)
        for ladder in ladders_of(incident, entries)
        for rung, revisions in ladder.revisions.items()
        for revision in revisions
    )
    return tuple(dict.fromkeys((*kept, *told)))


def pieces_of(lines: Iterable[Line]) -> tuple[Piece, ...]:
    """The files the timeline speaks of, in the order of their hashes: added, attached, or named by a statement."""
    found: dict[str, Piece] = {}
    for entry in (entry for line in lines for entry in line.entries):
        said = entry.data.get("data") or {}
        for file in _files_in(entry.kind, said):
            mention = Mention(entry.kind, str(file.get("name", "")), entry.at, said.get("by"))
            known = found.get(file["sha256"], Piece(file["sha256"], ()))
            found[known.sha256] = Piece(
                known.sha256,
                (*known.mentions, mention),
                known.size if known.size is not None else file.get("size"),
                known.media_type or file.get("media_type"),
            )
    return tuple(found[sha256] for sha256 in sorted(found))


def documents(record: Record, also: Mapping[str, bytes]) -> dict[str, bytes]:
    """Names and contents of everything but the files themselves, in order; `also` are documents to go with them."""
    made = {
        "manifest.json": _json(_manifest(record)),
        "timeline/lines.jsonl": _lines(sealed_text(line.number, line.at, line.entries) for line in record.lines),
        "timeline/hashes.txt": _lines(line.hash for line in record.lines),
        **{each.name: each.content for each in record.sealed},
        **{f"statements/{name}.json": _json(content) for name, content in _statements(record)},
        **also,
    }
    return {name: made[name] for name in sorted(made)}


def sums(hashes: Mapping[str, str]) -> bytes:
    """The hashes of all files of the archive, as `sha256sum --check` reads them."""
    return _lines(f"{hashes[name]}  {name}" for name in sorted(hashes))


def sha256(content: bytes) -> str:
    """The hash by which everything in here goes."""
    return hashlib.sha256(content).hexdigest()


def _files_in(kind: str, said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if kind == ADDED:
        return [said]
    named = said.get("attachments" if kind.startswith("complaint.") else "evidence") or ()
    return [{**file, "sha256": file["sha256"].lower()} for file in named if file.get("sha256")]


def _ending(name: str) -> str:
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 and _ENDING.fullmatch(name[dot:]) else ""


def _manifest(record: Record) -> dict[str, Any]:
    incident, crisis, lines = record.incident, record.incident.course.crisis, record.lines
    return {
        "format": FORMAT,
        "state": record.state,
        "incident": incident.id,
        "source": incident.source,
        "subject": incident.subject,
        "summary": incident.summary,
        "rules": incident.rules,
        "drill": incident.drill,
        "opened_at": format_instant(incident.course.opened_at),
        "crisis": crisis
        and {
            "kind": crisis.kind,
            "grade": crisis.grade,
            "since": format_instant(crisis.since),
            "over_at": None if crisis.over_at is None else format_instant(crisis.over_at),
            "joined": [plain(each) for each in crisis.joined],
        },
        "timeline": {"lines": len(lines), "head": lines[-1].hash if lines else ""},
        "sealed": [_sealing(each, incident.id) for each in record.sealed],
        "files": [_file(piece, record.files[piece.sha256]) for piece in pieces_of(lines)],
        "left_out": "personal data of the customer (name, telephone, e-mail)",
    }


def _sealing(each: SealedObject, incident: str) -> dict[str, Any]:
    return {
        "object": each.name,
        "sha256": sha256(each.content),
        "sealed_at": None if each.sealed_at is None else format_instant(each.sealed_at),
        "kept_until": None if each.kept_until is None else format_instant(each.kept_until),
        "lines": sorted(head.number for head in each.heads if head.incident == incident),
    }


def _file(piece: Piece, kept: Kept) -> dict[str, Any]:
    return {
        "sha256": piece.sha256,
        "file": piece.place if kept == "intact" else None,
        "kept": kept,
        "size": piece.size,
        "media_type": piece.media_type,
        "mentions": [{**plain(each), "at": format_instant(each.at)} for each in piece.mentions],
    }


def _statements(record: Record) -> Iterable[tuple[str, dict[str, Any]]]:
    texts = {(text.rung, text.revision): text for text in record.texts}
    entries = [entry for line in record.lines for entry in line.entries]
    for statement in record.incident.statements:
        for revision in statement.revisions:
            text = texts.get((statement.rung, revision.number))
            made = _revision(statement.rung, revision, text, entries)
            also = {"due": format_instant(statement.due), "cancelled": statement.cancelled}
            yield f"{statement.rung}-{revision.number}", made | {"roles": list(revision.roles)} | also
    for ladder in ladders_of(record.incident, entries):
        for rung, revisions in ladder.revisions.items() if not ladder.is_last else ():
            due = _due(record.rules, ladder, rung)
            fell = any(about(entry)[0] == rung and entry.kind == "statement_cancelled" for entry in ladder.entries)
            for revision in revisions:
                made = _revision(rung, revision, texts.get((rung, revision.number)), entries)
                yield f"{rung}-{revision.number}", made | {"roles": None, "due": due, "cancelled": fell}


def _due(rules: Policy | None, ladder: Ladder, rung: str) -> str | None:
    kind = rules.crises.get(ladder.kind) if rules else None
    if kind is None or kind.statements is None:
        return None
    return format_instant(ladder.opened_at + kind.statements.rungs[rung].due)


def _revision(rung: str, revision: Revision, text: StatementText | None, entries: Sequence[Entry]) -> dict[str, Any]:
    said = [entry for entry in entries if about(entry) == (rung, revision.number)]
    approved = {(entry.data.get("role"), entry.data.get("by")): entry.at for entry in said if entry.kind == "approved"}
    return {
        "rung": rung,
        "revision": revision.number,
        "hash": revision.hash,
        "text": None if text is None else dict(text.text),
        "evidence": None if text is None else dict(text.evidence),
        "drafted_by": revision.by,
        "drafted_at": format_instant(revision.at),
        "approvals": [
            {"role": role, "by": by, "at": None if (at := approved.get((role, by))) is None else format_instant(at)}
            for role, by in revision.approvals
        ],
        "approvals_fell": any(entry.kind == "approvals_fell" for entry in said),
        "rejected_by": revision.rejected_by,
        "published_at": None if revision.published_at is None else format_instant(revision.published_at),
        "out_at": None if revision.out_at is None else format_instant(revision.out_at),
        "corrects": revision.corrects,
        "holding": revision.holding,
    }


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode(errors="backslashreplace")


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
