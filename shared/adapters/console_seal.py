"""Seals what browsers keep for the console (`ports.Seal`): signed and dated, with more than one live key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from shared.adapters.secret import live_keys
from shared.domain.instants import SECOND
from shared.ports import Time, UnavailableError

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer

_SHORTEST_KEY = 32


class _Secret(Protocol):
    def value(self) -> str: ...


class SignedSeal:
    """`ports.Seal` over a secret such as `{"keys": ["older", "newer"]}`: the last one seals, each of them opens.

    A key is taken out of the list once nothing it sealed can still be alive; then nobody notices the rotation.
    """

    def __init__(self, secret: _Secret, time: Time) -> None:
        self._secret = secret
        self._time = time

    def seal(self, purpose: str, content: Mapping[str, Any]) -> str:
        """See `ports.Seal`."""
        return str(self._serializer(purpose).dumps(dict(content)))

    def opened(self, purpose: str, sealed: str, lives: int) -> tuple[Mapping[str, Any], int] | None:
        """See `ports.Seal`."""
        from itsdangerous import BadData  # noqa: PLC0415 - loaded where a seal is opened

        try:
            content, when = self._serializer(purpose).loads(sealed, max_age=lives // SECOND, return_timestamp=True)
        except BadData:
            return None
        return (content, round(when.timestamp()) * SECOND) if isinstance(content, dict) else None

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        from itsdangerous import TimestampSigner, URLSafeTimedSerializer  # noqa: PLC0415 - see above

        time = self._time

        class Signer(TimestampSigner):
            def get_timestamp(self) -> int:
                return time.now() // SECOND

        return URLSafeTimedSerializer(
            self._keys(),
            salt=f"tocsin console {purpose}",
            signer=Signer,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def _keys(self) -> list[str]:
        keys = [key for key in live_keys(self._secret.value()) if len(key) >= _SHORTEST_KEY]
        if not keys:
            raise UnavailableError("the console has no key to seal with")
        return keys
