"""The public status site in its bucket.

A reader may come between any two writes, so nothing is linked before it is there: files at new addresses go first
(nobody knows them yet), then the pages that link to them, then indexes and feeds. No file is ever deleted: an
address that was public once goes on showing what it showed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.adapters.aws import UNREACHABLE
from shared.adapters.site_pages import ZONE, site_files
from shared.domain.publication import Publication
from shared.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_PASSING = frozenset(
    {"InternalError", "OperationAborted", "RequestTimeout", "ServiceUnavailable", "SlowDown", "Throttling"}
)
_SERVER_ERROR = 500


class S3Site:
    """`ports.Site`: files in a bucket, which CloudFront serves at `url`; times stand there in a zone and in UTC."""

    def __init__(self, client: Callable[[], S3Client], bucket: str, url: str, zone: str = ZONE) -> None:
        self._client = client
        self._bucket = bucket
        self._url = url
        self._zone = zone

    def publish(self, publications: Sequence[Publication]) -> None:
        """Let the site show exactly these: with none, a page that says there is nothing to report.

        What lies there already is not written again.

        Raises:
            UnavailableError: not all of it was written; safe to repeat.
        """
        client = self._client()
        with _available():
            there = dict(self._tags(client))
            wanted = site_files(publications, self._url, self._zone)
            for path, file in sorted(wanted.items(), key=lambda pair: pair[0] in there):
                if there.get(path) == hashlib.md5(file.content, usedforsecurity=False).hexdigest():
                    continue
                client.put_object(
                    Bucket=self._bucket,
                    Key=path,
                    Body=file.content,
                    ContentType=file.media_type,
                    CacheControl=file.cache,
                )

    def _tags(self, client: S3Client) -> Iterator[tuple[str, str]]:
        """What lies in the bucket, with S3's mark of the content: its MD5, or another where a key encrypts it."""
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket):
            for item in page.get("Contents", ()):
                yield item["Key"], item["ETag"].strip('"')


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as error:
        raise UnavailableError("the status site could not be reached") from error
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if error.response["Error"]["Code"] in _PASSING or status >= _SERVER_ERROR:
            raise UnavailableError("the status site refused for now") from error
        raise
