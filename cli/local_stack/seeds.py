"""What an operator does by hand after the first deployment to AWS, done for the local stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def seed(client: Callable[[str], Any], outputs: Mapping[str, str]) -> str:
    """Make the sender known to the carrier and give out one API key; answers the key."""
    client("ses").verify_email_identity(EmailAddress="tocsin@example.com")
    return ""
