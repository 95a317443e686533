"""What a failed call to a carrier on AWS means for the message (I7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ParamValidationError,
    ProxyConnectionError,
    SSLError,
)

from shared.ports import PermanentFailure, TemporaryFailure, UnknownOutcome

_TEMPORARY = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalErrorException",
        "InternalFailure",
        "KMSThrottling",
        "KMSThrottlingException",
        "LimitExceededException",
        "RequestExpired",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_TOO_MANY = 429
_SERVER_ERROR = 500


@contextmanager
def told_apart() -> Iterator[None]:
    """Around one call that hands a message over and is made once.

    Raises:
        TemporaryFailure: a refusal that passes (load, a server's error), or the call never left.
        PermanentFailure: any other refusal: a number that opted out, an address that is rejected, a sender that is
            not verified. Another try on this channel would meet it again; the next channel may not.
        UnknownOutcome: the call left and no answer came.
    """
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _TEMPORARY or status == _TOO_MANY or status >= _SERVER_ERROR:
            raise TemporaryFailure(code) from error
        raise PermanentFailure(code) from error
    except ParamValidationError as error:
        raise PermanentFailure("the address or the text is none") from error
    except (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError) as error:
        raise TemporaryFailure("no connection") from error
    except HTTPClientError as error:
        raise UnknownOutcome("no answer") from error
    except BotoCoreError as error:  # no credentials, no region: nothing was sent
        raise TemporaryFailure(type(error).__name__) from error
