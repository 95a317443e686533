"""What the local stack's long addresses mean for an SMS."""

from __future__ import annotations

from cli.local_stack.stack import LocalStack
from infra.stages import LINK_MAX_CHARACTERS, LINK_TOKEN_CHARACTERS


def links_note(stack: LocalStack) -> str:
    """One line: whether a page with its link fits into one SMS here; production refuses a base that does not."""
    length = len(f"{stack.api_url}/l/") + LINK_TOKEN_CHARACTERS
    if length <= LINK_MAX_CHARACTERS:
        return f"links     {length} characters: a page takes one SMS"
    return (
        f"links     {length} characters, more than the {LINK_MAX_CHARACTERS} that fit: a page takes two SMS segments "
        "here; production refuses such a base"
    )
