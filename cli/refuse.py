"""How every command says no."""

from __future__ import annotations

from typing import NoReturn

import typer

FAILED = 1
"""The exit code of a command that could not do all it was asked to."""
UNUSABLE = 2
"""The exit code of a command that could not begin: what it was given is unusable."""


def refuse(message: str, code: int = UNUSABLE) -> NoReturn:
    """Say what is wrong on stderr and end."""
    typer.echo(message, err=True)
    raise typer.Exit(code)
