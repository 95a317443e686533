"""S3 in memory: objects with their versions, and the lock of a bucket."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from torture.aws.refusals import answer, only, refusal

_DAY = 24 * 60 * 60 * 1000
_MISSING = 404
_THERE = 412
_FORBIDDEN = 403
_MOST_LISTED = 1000
_PUT = frozenset({"Bucket", "Key", "Body", "ContentType", "CacheControl", "IfNoneMatch", "ChecksumSHA256"})
_SIGNED = ("Bucket", "Key", "ContentLength", "ContentType", "ChecksumSHA256")


class Stored(NamedTuple):
    """One version of an object; `kept_until` is 0 where nothing locks it. Instants are milliseconds UTC."""

    version: str
    content: bytes
    at: int
    media_type: str
    cache: str
    checksum: str
    kept_until: int

    @property
    def tag(self) -> str:
        return f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'


@dataclass(frozen=True, slots=True)
class BucketShape:
    """A bucket: with versions where it locks, for so many days from when an object was put."""

    versioned: bool = True
    locked_days: int = 0


class VirtualS3:
    """The buckets.

    Args:
        buckets: their shapes by name.
        now: the instant (milliseconds UTC).
    """

    def __init__(self, buckets: Mapping[str, BucketShape], now: Callable[[], int]) -> None:
        self._shapes = dict(buckets)
        self._now = now
        self._objects: dict[str, dict[str, list[Stored]]] = {name: {} for name in buckets}
        self._number = 0

    def put_object(self, **request: Any) -> dict[str, Any]:
        """PutObject; with `IfNoneMatch="*"` only where nothing is."""
        only("PutObject", request, _PUT)
        bucket, key = self._bucket("PutObject", request), request["Key"]
        if request.get("IfNoneMatch", "*") != "*":
            raise NotImplementedError("IfNoneMatch other than * is not played")
        if "IfNoneMatch" in request and bucket.get(key):
            raise refusal("PutObject", "PreconditionFailed", "At least one of the pre-conditions failed", _THERE)
        body = request["Body"]
        content = body.encode() if isinstance(body, str) else bytes(body)
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        if request.get("ChecksumSHA256", checksum) != checksum:
            raise refusal("PutObject", "BadDigest", "The SHA256 you specified did not match the calculated checksum.")
        stored = self._put(
            request["Bucket"],
            key,
            content,
            media_type=request.get("ContentType", "binary/octet-stream"),
            cache=request.get("CacheControl", ""),
            checksum=request.get("ChecksumSHA256", ""),
        )
        return answer(ETag=stored.tag, VersionId=stored.version)

    def get_object(self, **request: Any) -> dict[str, Any]:
        """GetObject, of the newest version or of a named one."""
        only("GetObject", request, {"Bucket", "Key", "VersionId"})
        stored = self._found("GetObject", "NoSuchKey", request)
        return answer(Body=io.BytesIO(stored.content), **_described(stored))

    def head_object(self, **request: Any) -> dict[str, Any]:
        """HeadObject; the checksum is told where it is asked for."""
        only("HeadObject", request, {"Bucket", "Key", "VersionId", "ChecksumMode"})
        stored = self._found("HeadObject", "404", request)
        told = {"ChecksumSHA256": stored.checksum} if "ChecksumMode" in request and stored.checksum else {}
        return answer(**_described(stored), **told)

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        """ListObjectsV2: one page of the newest versions, in the order of their names."""
        only("ListObjectsV2", request, {"Bucket", "Prefix", "ContinuationToken"})
        bucket = self._bucket("ListObjectsV2", request)
        after, prefix = request.get("ContinuationToken", ""), request.get("Prefix", "")
        keys = sorted(key for key in bucket if key.startswith(prefix) and key > after)
        listed = [_listed(key, bucket[key][-1]) for key in keys[:_MOST_LISTED]]
        more = len(keys) > _MOST_LISTED
        page: dict[str, Any] = {"KeyCount": len(listed), "IsTruncated": more}
        if listed:
            page["Contents"] = listed
        if more:
            page["NextContinuationToken"] = listed[-1]["Key"]
        return answer(**page)

    def list_object_versions(self, **request: Any) -> dict[str, Any]:
        """ListObjectVersions: all of them in one page, by name and the newest first; or the folders below a prefix."""
        only("ListObjectVersions", request, {"Bucket", "Prefix", "Delimiter"})
        bucket, prefix = self._bucket("ListObjectVersions", request), request.get("Prefix", "")
        keys = sorted(key for key in bucket if key.startswith(prefix))
        page: dict[str, Any] = {"IsTruncated": False}
        if delimiter := request.get("Delimiter"):
            rests = {key: key[len(prefix) :].split(delimiter, 1) for key in keys}
            folders = sorted({f"{prefix}{rest[0]}{delimiter}" for rest in rests.values() if len(rest) > 1})
            keys = [key for key in keys if len(rests[key]) == 1]
            if folders:
                page["CommonPrefixes"] = [{"Prefix": folder} for folder in folders]
        versions = [
            {**_listed(key, stored), "VersionId": stored.version, "IsLatest": stored is bucket[key][-1]}
            for key in keys
            for stored in reversed(bucket[key])
        ]
        if versions:
            page["Versions"] = versions
        return answer(**page)

    def delete_object(self, **request: Any) -> dict[str, Any]:
        """DeleteObject of a named version, unless it is locked."""
        only("DeleteObject", request, {"Bucket", "Key", "VersionId"})
        if "VersionId" not in request:
            raise NotImplementedError("marks of deletion are not played")
        bucket, key, version = self._bucket("DeleteObject", request), request["Key"], request["VersionId"]
        kept = [stored for stored in bucket.get(key, ()) if stored.version != version]
        for stored in bucket.get(key, ()):
            if stored.version == version and stored.kept_until > self._now():
                raise refusal("DeleteObject", "AccessDenied", "Access Denied: the object is locked.", _FORBIDDEN)
        bucket[key] = kept
        if not kept:
            del bucket[key]
        return answer(VersionId=version)

    def get_paginator(self, operation: str) -> Pages:
        """Pages of a listing."""
        return Pages(
            {"list_objects_v2": self.list_objects_v2, "list_object_versions": self.list_object_versions}[operation]
        )

    def generate_presigned_url(self, operation: str, Params: Mapping[str, Any], ExpiresIn: int = 3600) -> str:  # noqa: N803 - boto3's names
        """An address with which `upload` puts one object."""
        if operation != "put_object":
            raise NotImplementedError(f"a signed {operation} is not played")
        only("a signed PutObject", Params, set(_SIGNED))
        self._number += 1
        signed = "&".join(f"{name}={Params[name]}" for name in _SIGNED if name in Params)
        return f"https://s3.invalid/?{signed}&expires={self._now() + ExpiresIn * 1000}"

    def upload(self, url: str, content: bytes) -> None:
        """What a browser does with such an address: other bytes, or too late, are refused as S3 refuses them."""
        said = dict(part.split("=", 1) for part in url.partition("?")[2].split("&"))
        if int(said["expires"]) <= self._now():
            raise refusal("PutObject", "AccessDenied", "Request has expired", _FORBIDDEN)
        if int(said.get("ContentLength", len(content))) != len(content):
            raise refusal("PutObject", "SignatureDoesNotMatch", "another length was signed", _FORBIDDEN)
        known = ("Bucket", "Key", "ContentType", "ChecksumSHA256")
        self.put_object(Body=content, **{name: said[name] for name in known if name in said})

    def shown(self, bucket: str) -> dict[str, bytes]:
        """What a reader of a bucket finds now, by name."""
        return {key: versions[-1].content for key, versions in self._objects[bucket].items()}

    def versions(self, bucket: str, key: str) -> list[Stored]:
        """All versions of one object, the oldest first."""
        return list(self._objects[bucket].get(key, ()))

    def _put(self, name: str, key: str, content: bytes, *, media_type: str, cache: str, checksum: str) -> Stored:
        shape, now = self._shapes[name], self._now()
        self._number += 1
        kept_until = now + shape.locked_days * _DAY if shape.locked_days else 0
        stored = Stored(f"v{self._number:08d}", content, now, media_type, cache, checksum, kept_until)
        versions = self._objects[name].setdefault(key, [])
        if not (shape.versioned or shape.locked_days):
            versions.clear()
        versions.append(stored)
        return stored

    def _found(self, operation: str, missing: str, request: Mapping[str, Any]) -> Stored:
        versions = self._bucket(operation, request).get(request["Key"], [])
        version = request.get("VersionId")
        for stored in reversed(versions):
            if version in {None, stored.version}:
                return stored
        raise refusal(operation, missing, "The specified key does not exist.", _MISSING)

    def _bucket(self, operation: str, request: Mapping[str, Any]) -> dict[str, list[Stored]]:
        if request["Bucket"] not in self._objects:
            raise refusal(operation, "NoSuchBucket", "The specified bucket does not exist", _MISSING)
        return self._objects[request["Bucket"]]


class Pages:
    """A paginator of boto3's."""

    def __init__(self, listing: Callable[..., dict[str, Any]]) -> None:
        self._listing = listing

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Page after page."""
        while True:
            page = self._listing(**request)
            yield page
            if not page["IsTruncated"]:
                return
            request["ContinuationToken"] = page["NextContinuationToken"]


def _described(stored: Stored) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ContentLength": len(stored.content),
        "ContentType": stored.media_type,
        "ETag": stored.tag,
        "LastModified": _moment(stored.at),
        "VersionId": stored.version,
    }
    if stored.cache:
        told["CacheControl"] = stored.cache
    if stored.kept_until:
        told |= {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": _moment(stored.kept_until)}
    return told


def _listed(key: str, stored: Stored) -> dict[str, Any]:
    at = _moment(stored.at)
    return {"Key": key, "ETag": stored.tag, "LastModified": at, "Size": len(stored.content)}


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
