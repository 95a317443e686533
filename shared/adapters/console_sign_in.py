"""Signing in to the console (`ports.SignIn`): with Cognito's hosted pages, or on a developer's machine with a key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

from shared.domain.instants import SECOND
from shared.ports import ApiKeys, Handshake, Time, UnavailableError

_TIMEOUT_SECONDS = 5.0
_MOST_BYTES = 64 * 1024
_CLOCKS_DIFFER = 60 * SECOND
_REFUSED = range(400, 500)


class KeySignIn:
    """For the local stage: a person shows their own API key, in a form of the console's."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    def address(self, handshake: Handshake) -> str | None:  # noqa: ARG002 - the form is ours
        """None: see `ports.SignIn`."""
        return None

    def farewell(self) -> str | None:
        """None: see `ports.SignIn`."""
        return None

    def person(self, proof: str, handshake: Handshake) -> str | None:  # noqa: ARG002 - the key says it all
        """The holder of a key, where that is a person."""
        holder = self._keys.holder(proof)
        return holder.person if holder else None


class CognitoSignIn:
    """OpenID Connect's authorization code flow with PKCE, against a Cognito user pool (ADR 66).

    The ID token comes straight from the pool's token endpoint over TLS, which stands in for checking its signature
    (OpenID Connect Core 3.1.3.7, point 6); its claims are checked here. Whoever it names is looked up in the
    directory afterwards: the pool only says who somebody is, never what they may do. The user name is the person's id;
    nobody can change their own.

    Args:
        domain: where people sign in, `https://<prefix>.auth.<region>.amazoncognito.com`.
        pool: the user pool's id, which names the issuer of its tokens.
        client_id: of the console's app client, a public one: PKCE ties a code to the browser that asked for it.
        console: the console's address, where the browser comes back after signing out; after signing in it comes to
            `/signed-in` below it. Both are registered with that client.
        time: the clock.
        trusted: the certificates to trust; the system's.
    """

    def __init__(
        self,
        domain: str,
        pool: str,
        client_id: str,
        console: str,
        time: Time,
        trusted: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        if not domain.startswith("https://"):
            raise ValueError("people sign in over TLS or not at all")
        self._domain = domain.rstrip("/")
        self._issuer = f"https://cognito-idp.{pool.partition('_')[0]}.amazonaws.com/{pool}"
        self._client_id = client_id
        self._console = console
        self._time = time
        self._trusted = trusted

    def address(self, handshake: Handshake) -> str | None:
        """See `ports.SignIn`."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": f"{self._console}/signed-in",
            "scope": "openid",
            "state": handshake.state,
            "nonce": handshake.nonce,
            "code_challenge": _challenge(handshake.verifier),
            "code_challenge_method": "S256",
        }
        return f"{self._domain}/oauth2/authorize?{urlencode(asked)}"

    def farewell(self) -> str | None:
        """See `ports.SignIn`."""
        return f"{self._domain}/logout?{urlencode({'client_id': self._client_id, 'logout_uri': self._console})}"

    def person(self, proof: str, handshake: Handshake) -> str | None:
        """Whom the pool says the code is of; None where it does not, or says it of another sign-in."""
        form = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "code": proof,
            "redirect_uri": f"{self._console}/signed-in",
            "code_verifier": handshake.verifier,
        }
        claims = _claims(str(self._tokens(form).get("id_token", "")))
        named = claims.get("cognito:username")
        return named if isinstance(named, str) and self._holds(claims, handshake) else None

    def _holds(self, claims: Mapping[str, Any], handshake: Handshake) -> bool:
        audience, expires, now = claims.get("aud"), claims.get("exp"), self._time.now()
        return (
            claims.get("iss") == self._issuer
            and claims.get("token_use") == "id"
            and audience in (self._client_id, [self._client_id])
            and isinstance(expires, int)
            and expires * SECOND > now - _CLOCKS_DIFFER
            and hmac.compare_digest(str(claims.get("nonce", "")).encode(), handshake.nonce.encode())
        )

    def _tokens(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        """What the token endpoint gives for a code; nothing where it refuses it."""
        request = urllib.request.Request(  # noqa: S310 - https, see above
            f"{self._domain}/oauth2/token", urlencode(form).encode(), {"Accept": "application/json"}
        )
        opener = urllib.request.build_opener(_Straight(), urllib.request.HTTPSHandler(context=self._trusted()))
        try:
            with opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                said = json.loads(answer.read(_MOST_BYTES))
        except urllib.error.HTTPError as refusal:
            refusal.close()
            if refusal.code in _REFUSED:
                return {}
            raise UnavailableError(f"the user pool answers {refusal.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise UnavailableError("the user pool cannot be reached") from error
        return said if isinstance(said, dict) else {}


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows nobody: a code goes to the pool and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _challenge(verifier: str) -> str:
    """What PKCE shows of a verifier beforehand (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _claims(token: str) -> Mapping[str, Any]:
    """The claims of a token, empty where it is none."""
    parts = token.split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return claims if isinstance(claims, dict) else {}
