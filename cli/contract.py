"""`tocsin contract`: the documents of the API's contract, generated from the code that enforces it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared.application.contract import documents

app = typer.Typer(
    name="contract", help="The API's contract as documents: OpenAPI and JSON Schemas.", no_args_is_help=True
)

DOCS = Path(__file__).resolve().parent.parent / "docs"


@app.command()
def write(folder: Annotated[Path, typer.Option(help="Where they go.")] = DOCS) -> None:
    """Write the documents, and remove schemas of types that are no more."""
    for stale in stale_documents(folder):
        path = folder / stale
        text = documents().get(stale)
        if text is None:
            path.unlink()
            typer.echo(f"removed {path}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            typer.echo(f"wrote {path}")


@app.command()
def check(folder: Annotated[Path, typer.Option(help="Where they are.")] = DOCS) -> None:
    """Fail when a document is not what the code says."""
    stale = stale_documents(folder)
    for name in stale:
        typer.echo(f"{folder / name} is not what the code says", err=True)
    if stale:
        typer.echo("run `tocsin contract write`", err=True)
        raise typer.Exit(1)


def stale_documents(folder: Path) -> list[str]:
    """Names of documents that are missing, differ, or are left over."""
    wanted = documents()
    differing = [name for name, text in wanted.items() if _read(folder / name) != text]
    left_over = [f"schemas/{path.name}" for path in sorted((folder / "schemas").glob("*.json"))]
    return differing + [name for name in left_over if name not in wanted]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
