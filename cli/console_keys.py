"""The keys that sign the sessions of the console: two live at most, the newest last."""

from __future__ import annotations

import json
import secrets
from typing import Any, Final

_LIVE: Final = 2
_RANDOM_BYTES: Final = 48


def add_console_key(secretsmanager: Any, secret: str) -> int:
    """Add a key and forget all but the one before it; how many live afterwards."""
    kept = json.loads(secretsmanager.get_secret_value(SecretId=secret)["SecretString"])
    keys = [*kept.get("keys", ()), secrets.token_urlsafe(_RANDOM_BYTES)][-_LIVE:]
    secretsmanager.put_secret_value(SecretId=secret, SecretString=json.dumps({"keys": keys}))
    return len(keys)


def has_console_key(secretsmanager: Any, secret: str) -> bool:
    """Whether anybody can be signed in."""
    return bool(json.loads(secretsmanager.get_secret_value(SecretId=secret)["SecretString"]).get("keys"))
