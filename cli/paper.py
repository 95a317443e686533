"""What tables are printed on."""

from __future__ import annotations

from rich.console import Console

_FILE_WIDTH = 240


def paper() -> Console:
    """Stdout: as wide as the terminal, or, in a file or a pipe, wide enough that no id is broken."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_FILE_WIDTH)
