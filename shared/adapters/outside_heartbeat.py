"""A heartbeat to a service outside: a GET of a URL that is a secret, since whoever knows it can play alive."""

from __future__ import annotations

import http.client
import json
from urllib.request import Request, urlopen

from shared.adapters.secret import Secret
from shared.domain.webhook_address import target_of
from shared.ports import UnavailableError

_SECONDS = 5.0


class OutsideHeartbeat:
    """`ports.Heartbeat` for the services that watch scheduled jobs (healthchecks.io and its like).

    Args:
        secret: `{"url": "https://…"}`; an empty URL: nobody is set up to listen.
        local: a stage on a developer's machine: addresses of this machine and plain http are let through.
    """

    def __init__(self, secret: Secret, *, local: bool = False) -> None:
        self._secret = secret
        self._local = local

    def beat(self) -> bool:
        """Tell them, once; False where nobody is set up to listen.

        Raises:
            UnavailableError: the URL cannot be read or leads nowhere it may, or no good answer came. Never quotes it.
        """
        url = self._url()
        if not url:
            return False
        try:
            target_of(url, local=self._local)
            with urlopen(Request(url, headers={"User-Agent": "Tocsin"}), timeout=_SECONDS):  # noqa: S310 - checked above
                return True
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UnavailableError(f"the service outside could not be told: {type(error).__name__}") from None

    def _url(self) -> str:
        try:
            return str(json.loads(self._secret.value())["url"])
        except (ValueError, KeyError, TypeError):
            raise UnavailableError('the secret of the heartbeat is not {"url": "…"}') from None
