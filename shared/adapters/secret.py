"""One secret, read when it is wanted and kept for a while."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.instants import SECOND
from shared.ports import Time, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

KEPT = 60 * SECOND
"""How long a change of a secret may take to be noticed."""


class Secret:
    """The text of a secret; while it cannot be read again, what was read last stands."""

    def __init__(self, client: Callable[[], SecretsManagerClient], arn: str, time: Time) -> None:
        self._client = client
        self._arn = arn
        self._time = time
        self._value = ""
        self._fresh_until = 0

    def value(self) -> str:
        """The text.

        Raises:
            UnavailableError: it cannot be read and never was.
        """
        now = self._time.now()
        if now < self._fresh_until:
            return self._value
        try:
            self._value = self._client().get_secret_value(SecretId=self._arn)["SecretString"]
        except (ClientError, BotoCoreError) as error:
            if not self._fresh_until:
                raise UnavailableError("a secret cannot be read") from error
        self._fresh_until = now + KEPT
        return self._value


def live_keys(text: str) -> tuple[str, ...]:
    """The keys that a secret such as `{"keys": ["older", "newer"]}` holds, the newest last.

    A text that is no such object is one key by itself, as a deployment makes it.
    """
    try:
        kept = json.loads(text)
    except ValueError:
        kept = text
    if not isinstance(kept, dict):
        return (text,) if text else ()
    keys = kept.get("keys")
    return tuple(key for key in keys if isinstance(key, str) and key) if isinstance(keys, list) else ()


def front_keys(text: str) -> tuple[str, ...]:
    """The keys of CloudFront in `{"sent": "…", "before": "…"}`: what it shows, showed, or will show next."""
    try:
        kept = json.loads(text)
    except ValueError:
        return ()
    return tuple(key for key in kept.values() if isinstance(key, str) and key) if isinstance(kept, dict) else ()
