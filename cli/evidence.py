"""`tocsin crisis evidence`: everything that can be shown of an incident, in one archive that proves itself (C6, I9)."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from cli import verify_package
from cli.chain import Chain, chain_of, sealed_heads, sealed_near
from cli.deployment import LOCAL, Deployment, StageOption, find, reaching
from cli.incidents import named
from cli.refuse import FAILED, refuse
from cli.unreadable import UnreadableError, reading
from shared.adapters.dynamo_statements import DynamoStatements
from shared.adapters.language import TEMPLATES
from shared.adapters.s3_evidence import S3Evidence
from shared.adapters.system_time import SystemTime
from shared.domain.evidence_package import SUMS, Kept, Piece, Record, documents, pieces_of, revisions_of, sha256, sums
from shared.domain.incident import Incident
from shared.domain.policy import Policy
from shared.domain.publication import StatementText
from shared.ports import Evidence

_EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_PIECE = 1 << 20


def evidence(
    which: Annotated[
        str, typer.Argument(metavar="[ID]", help="Its id, or its source and subject as `crm/hotline#C-17`.")
    ] = "",
    out: Annotated[Path | None, typer.Option("--out", help="The archive; without it ID-evidence.zip.")] = None,
    verify: Annotated[Path | None, typer.Option("--verify", help="Check an archive, wherever it came from.")] = None,
    stage: StageOption = LOCAL,
) -> None:
    """Export the evidence package of an incident: files, hashes, timeline, sealed heads, statements with approvals.

    Personal data of the customer is not in it. Needs rights to read the stage's tables and its evidence bucket. The
    same record gives the same archive, byte for byte. Exit code 1 where something in it is not what was written.
    """
    if bool(which) == (verify is not None):
        refuse("name an incident, or an archive with --verify")
    if verify is not None:
        raise typer.Exit(verify_package.main([str(verify)]))
    incident = named(which)
    path = out or Path(f"{incident}-evidence.zip")
    deployment = find(stage)
    with reaching(stage):
        state = export(deployment, incident, path)
    typer.echo(f"{path}\nSHA-256 {_digest(path)}: note it down, apart from the archive")
    if state != "whole":
        refuse(f"{incident}: {state}; the archive says so too", FAILED)


def export(deployment: Deployment, incident: str, path: Path) -> str:
    """Write the archive, whole or not at all; the state of what is in it."""
    incidents = deployment.incidents()
    try:
        with reading("a line of its timeline"):
            lines = incidents.timeline(incident)
        sealed = tuple(sealed_near(sealed_heads(deployment), incident, lines))
        chain = chain_of(incidents, incident, (head for each in sealed for head in each.heads), SystemTime().now())
    except UnreadableError as error:
        refuse(f"{incident}: {error}", FAILED)
    if chain.stored is None:
        refuse(f"{incident}: {chain.broken_link}", FAILED)
    if chain.warning:
        typer.echo(f"{incident}: warning: {chain.warning}", err=True)
    storage = S3Evidence(lambda: deployment.client("s3"), deployment.output("EvidenceBucket"), SystemTime())
    pieces = pieces_of(chain.lines)
    with _unfinished(path) as archive:
        console = Console(stderr=True)
        bar = track(pieces, "files", console=console, transient=True, disable=not console.is_terminal)
        files = {piece.sha256: _add_piece(archive, storage, incident, piece) for piece in bar}
        record = Record(
            incident=chain.stored.incident,
            lines=chain.lines,
            sealed=sealed,
            texts=_texts(deployment, chain.stored.incident, chain),
            files=files,
            state=_state(chain, files),
            rules=_rules(deployment, chain.stored.incident),
        )
        made = documents(record, {"README.txt": _readme(), "verify.py": Path(verify_package.__file__).read_bytes()})
        for name, content in made.items():
            _add(archive, name, content)
        hashes = {name: sha256(content) for name, content in made.items()}
        hashes |= {piece.place: piece.sha256 for piece in pieces if files[piece.sha256] == "intact"}
        _add(archive, SUMS, sums(hashes))
    return record.state


def _add_piece(archive: zipfile.ZipFile, storage: Evidence, incident: str, piece: Piece) -> Kept:
    try:
        content = storage.read(incident, piece.sha256)
    except LookupError:
        return "lost" if piece.was_added else "elsewhere"
    if sha256(content) != piece.sha256:
        return "lost"
    _add(archive, piece.place, content)
    return "intact"


def _state(chain: Chain, files: dict[str, Kept]) -> str:
    lost = sum(kept == "lost" for kept in files.values())
    wrong = [chain.broken_link, f"{lost} of {len(files)} files lost" if lost else None]
    return "; ".join(each for each in wrong if each) or "whole"


def _texts(deployment: Deployment, incident: Incident, chain: Chain) -> tuple[StatementText, ...]:
    statements = DynamoStatements(lambda: deployment.client("dynamodb"), deployment.tables)
    found = (statements.text(incident.id, rung, number) for rung, number in revisions_of(incident, chain.lines))
    return tuple(text for text in found if text is not None)


def _rules(deployment: Deployment, incident: Incident) -> Policy | None:
    try:
        return deployment.policies().at(incident.rules)
    except LookupError:  # they are a convenience here: what happened stands on the timeline
        return None


def _readme() -> bytes:
    return (TEMPLATES / "evidence" / "README.txt").read_bytes()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Stored as it is, with nothing of the day, the machine or the compressor: the same record, the same bytes."""
    entry = zipfile.ZipInfo(name, _EPOCH_OF_ZIP)
    entry.create_system, entry.external_attr = 3, _PLAIN_FILE
    archive.writestr(entry, content, zipfile.ZIP_STORED)


@contextmanager
def _unfinished(path: Path) -> Iterator[zipfile.ZipFile]:
    """An archive for its owner alone, which takes its name when it is whole."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=0o600)
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            yield archive
        part.replace(path)
    except OSError as error:
        refuse(f"{path}: {error.strerror}", FAILED)
    finally:
        part.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
