"""Heads of timelines in an S3 bucket with object lock: written once, and never deleted before their time (I9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.adapters.aws import UNREACHABLE
from shared.domain.heads import FOLDER, Head, SealedObject, folder_of, objects_of
from shared.domain.instants import HOUR
from shared.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_THERE_ALREADY = "PreconditionFailed"
_PASSING = frozenset({"SlowDown", "ConditionalRequestConflict", "OperationAborted", "RequestTimeout", "Throttling"})
_SERVER_ERROR = 500
_AT_ONCE = 10
"""So many objects are read at a time: as many connections as a client of botocore keeps."""
_READ_AHEAD = 200


class S3SealedHeads:
    """`ports.SealedHeads`. The lock is the bucket's own default, so nothing here can forget or shorten it."""

    def __init__(self, client: Callable[[], S3Client], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def seal(self, heads: Iterable[Head]) -> None:
        """See `ports.SealedHeads`: one PUT a batch, one more where an hour ends in it."""
        for each in objects_of(heads):
            try:
                self._client().put_object(
                    Bucket=self._bucket,
                    Key=each.name,
                    Body=each.content,
                    ContentType="application/x-ndjson",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == _THERE_ALREADY:
                    continue
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if code in _PASSING or status >= _SERVER_ERROR:
                    raise UnavailableError("the heads could not be sealed for now") from error
                raise
            except UNREACHABLE as error:
                raise UnavailableError("the storage of heads could not be reached") from error

    def found(self, since: int, until: int) -> Iterator[SealedObject]:
        """See `ports.SealedHeads`. Needs the rights to list and to read versions."""
        client = self._client()
        versions = self._first_versions(client, folder_of(since), folder_of(until + HOUR))
        with ThreadPoolExecutor(_AT_ONCE) as readers:
            while some := list(islice(versions, _READ_AHEAD)):
                yield from readers.map(lambda version: self._read(client, *version), some)

    def _first_versions(self, client: S3Client, since: str, before: str) -> Iterator[tuple[str, str]]:
        """Name and oldest version of each object in some hours, in the order of the names.

        A lock keeps versions and not names: whoever may write could put another content before the first, or a mark
        that hides it. The first is what was sealed, and it is still there.
        """
        pages = client.get_paginator("list_object_versions")
        by_day = pages.paginate(Bucket=self._bucket, Prefix=FOLDER, Delimiter="/")
        days = [each["Prefix"] for page in by_day for each in page.get("CommonPrefixes", ())]
        for day in sorted(days):
            if not since[: len(day)] <= day <= before:
                continue
            listed = (
                version
                for page in pages.paginate(Bucket=self._bucket, Prefix=day)
                for version in page.get("Versions", ())
                if since <= version["Key"] < before
            )
            for name, versions in groupby(listed, itemgetter("Key")):
                oldest = min(reversed(list(versions)), key=itemgetter("LastModified"))  # listed with the newest first
                yield name, oldest["VersionId"]

    def _read(self, client: S3Client, name: str, version: str) -> SealedObject:
        answer: Any = client.get_object(Bucket=self._bucket, Key=name, VersionId=version)
        until = answer.get("ObjectLockRetainUntilDate")
        return SealedObject(
            name,
            answer["Body"].read(),
            sealed_at=_instant(answer["LastModified"]),
            kept_until=None if until is None else _instant(until),
        )


def _instant(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
