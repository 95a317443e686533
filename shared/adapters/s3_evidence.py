"""Evidence in S3 (C6): under its content hash, in a bucket whose object lock keeps it as it was put."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.adapters.aws import UNREACHABLE
from shared.domain.instants import MINUTE, SECOND
from shared.ports import Time, UnavailableError, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

ALLOWED_FOR = 15 * MINUTE
"""How long somebody has to begin an upload; never scaled."""
_PASSING = frozenset({"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted"})
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_SERVER_ERROR = 500


class S3Evidence:
    """`ports.Evidence`: one object a file, `evidence/<incident>/<sha256>`."""

    def __init__(self, client: Callable[[], S3Client], bucket: str, time: Time) -> None:
        self._client = client
        self._bucket = bucket
        self._time = time

    def upload(self, incident: str, sha256: str, size: int, media_type: str) -> Upload:
        """Allow one upload of exactly this content: length, type and hash are part of the signature.

        S3 refuses other headers as a wrong signature and other bytes as a wrong checksum; so does the emulator
        (docs/adr/0054). The bucket's default retention locks what was put: the same again adds a version and takes
        nothing away.
        """
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        expires = self._time.now() + ALLOWED_FOR
        url = self._client().generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self._bucket,
                "Key": _key(incident, sha256),
                "ContentLength": size,
                "ContentType": media_type,
                "ChecksumSHA256": checksum,
            },
            ExpiresIn=ALLOWED_FOR // SECOND,
        )
        headers = {"Content-Length": str(size), "Content-Type": media_type, "x-amz-checksum-sha256": checksum}
        return Upload(url, headers, expires)

    def size(self, incident: str, sha256: str) -> int | None:
        """How many bytes are kept under a hash, None where nothing was uploaded.

        Raises:
            UnavailableError: the bucket could not be reached, or refused for load.
        """
        try:
            with _available():
                found = self._client().head_object(
                    Bucket=self._bucket, Key=_key(incident, sha256), ChecksumMode="ENABLED"
                )
        except _NothingThereError:
            return None
        checksum = found.get("ChecksumSHA256", "")
        return int(found["ContentLength"]) if base64.b64decode(checksum).hex() == sha256 else None

    def read(self, incident: str, sha256: str) -> bytes:
        """The content.

        Raises:
            LookupError: nothing is kept under this hash, or what is kept has another.
            UnavailableError: the bucket could not be reached, or refused for load.
        """
        with _available():
            content = self._client().get_object(Bucket=self._bucket, Key=_key(incident, sha256))["Body"].read()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise LookupError(f"what is kept under {sha256} has another hash")
        return content


class _NothingThereError(LookupError):
    pass


def _key(incident: str, sha256: str) -> str:
    return f"evidence/{incident}/{sha256}"


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as error:
        raise UnavailableError("the evidence could not be reached") from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _MISSING:
            raise _NothingThereError("nothing is kept under this hash") from error
        if code in _PASSING or status >= _SERVER_ERROR:
            raise UnavailableError("the evidence is refused for now") from error
        raise
