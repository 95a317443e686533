"""One secret, read when it is wanted and kept for a while."""

from __future__ import annotations

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
