"""Secrets with two live keys at most, the newest last: what signs webhooks and the sessions of the console."""

from __future__ import annotations

import json
import secrets
from typing import Any, Final

from shared.adapters.secret import live_keys

_LIVE: Final = 2
_RANDOM_BYTES: Final = 48


def add_key(secretsmanager: Any, secret: str) -> int:
    """Add a key and forget all but the one before it; how many live afterwards."""
    return _keep(secretsmanager, secret, [*keys_of(secretsmanager, secret), new_key()][-_LIVE:])


def retire_key(secretsmanager: Any, secret: str) -> int:
    """Forget all keys but the newest; how many live afterwards."""
    return _keep(secretsmanager, secret, keys_of(secretsmanager, secret)[-1:])


def keys_of(secretsmanager: Any, secret: str) -> list[str]:
    """The live keys, the newest last."""
    return list(live_keys(secretsmanager.get_secret_value(SecretId=secret)["SecretString"]))


def new_key() -> str:
    """A key that nobody guesses."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def _keep(secretsmanager: Any, secret: str, keys: list[str]) -> int:
    secretsmanager.put_secret_value(SecretId=secret, SecretString=json.dumps({"keys": keys}))
    return len(keys)
