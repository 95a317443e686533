"""API keys: random, shown once, kept as hashes in one secret."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from shared.adapters.secret import Secret
from shared.ports import KeyHolder

_PREFIX = "tocsin_"
_RANDOM_BYTES = 32


def new_key() -> tuple[str, str]:
    """A new key, to be shown once, and the SHA-256 to be kept."""
    key = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    return key, hash_of(key)


class SecretApiKeys:
    """`ports.ApiKeys` over a secret such as `{"keys": [{"name": "Hotline", "sha256": "…", "source": "crm/hotline"}]}`.

    `person` stands in place of `source` for a key of somebody in the directory.
    """

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._text: str | None = None
        self._holders: tuple[tuple[str, KeyHolder], ...] = ()

    def holder(self, key: str) -> KeyHolder | None:
        """Whose key this is, None for nobody's.

        Raises:
            UnavailableError: the secret cannot be read.
        """
        text = self._secret.value()
        if text != self._text:
            self._text, self._holders = text, _read(text)
        wanted = hash_of(key)
        found: KeyHolder | None = None
        for kept, holder in self._holders:  # all of them, so that the time it takes tells nothing
            if hmac.compare_digest(kept, wanted):
                found = holder
        return found


def hash_of(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def _read(text: str) -> tuple[tuple[str, KeyHolder], ...]:
    """The holders by hash. An entry that names neither a source nor a person, or both, lets nobody in."""
    try:
        entries = json.loads(text).get("keys") or ()
    except (ValueError, AttributeError):
        return ()
    return tuple(made for entry in entries if isinstance(entry, Mapping) and (made := _holder(entry)) is not None)


def _holder(entry: Mapping[str, Any]) -> tuple[str, KeyHolder] | None:
    kept, source, person = entry.get("sha256"), entry.get("source"), entry.get("person")
    if not isinstance(kept, str) or not kept.isascii() or bool(source) == bool(person):
        return None
    return kept.lower(), KeyHolder(name=str(entry.get("name", "")), source=source or None, person=person or None)
