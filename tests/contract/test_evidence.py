"""What `ports.Evidence` promises: a file is kept under its hash, for one incident, and nothing else is (C6)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from shared.adapters import aws
from shared.adapters.s3_evidence import S3Evidence
from shared.domain.instants import MINUTE
from shared.ports import Evidence, UnavailableError, Upload
from tests.contract import tables
from tests.contract.made import NOW
from tests.fakes import FakeEvidence, FakeTime
from torture.aws.s3 import BucketShape, VirtualS3

KEYS: dict[str, Any] = {"region_name": "eu-central-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
REPORT = "检验报告".encode()


def hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Archive:
    """Evidence, and what a browser does with an upload that was allowed."""

    evidence: Evidence
    put: Callable[[Upload, bytes], None]

    def keep(self, incident: str, content: bytes) -> str:
        name = hash_of(content)
        self.put(self.evidence.upload(incident, name, len(content), "application/pdf"), content)
        return name


@pytest.fixture
def bucket() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", config=aws.SIGNED, **KEYS)
        tables.create_bucket(client)
        yield client


def _put(upload: Upload, content: bytes) -> None:
    # moto keeps a checksum only where an SDK's header asks for it; S3 and the emulator keep every one that is sent
    headers = {**upload.headers, "x-amz-sdk-checksum-algorithm": "SHA256"}
    requests.put(upload.url, data=content, headers=headers, timeout=5).raise_for_status()


@pytest.fixture(params=["fake", "s3", "virtual"])
def archive(request: pytest.FixtureRequest) -> Archive:
    if request.param == "fake":
        fake = FakeEvidence(FakeTime(NOW))
        return Archive(fake, lambda upload, content: fake.put(upload.url, content))
    if request.param == "virtual":
        store: Any = VirtualS3({tables.EVIDENCE: BucketShape(locked_days=3650)}, lambda: NOW)
        evidence = S3Evidence(lambda: store, tables.EVIDENCE, FakeTime(NOW))
        return Archive(evidence, lambda upload, content: store.upload(upload.url, content))
    client = request.getfixturevalue("bucket")
    return Archive(S3Evidence(lambda: client, tables.EVIDENCE, FakeTime(NOW)), _put)


def test_what_was_uploaded_is_kept_under_its_hash(archive: Archive) -> None:
    name = archive.keep("inc-1", REPORT)

    assert archive.evidence.size("inc-1", name) == len(REPORT)
    assert archive.evidence.read("inc-1", name) == REPORT


def test_nothing_is_there_before_it_is_uploaded(archive: Archive) -> None:
    name = hash_of(REPORT)
    archive.evidence.upload("inc-1", name, len(REPORT), "application/pdf")

    assert archive.evidence.size("inc-1", name) is None
    with pytest.raises(LookupError):
        archive.evidence.read("inc-1", name)


def test_the_evidence_of_one_incident_is_not_that_of_another(archive: Archive) -> None:
    name = archive.keep("inc-1", REPORT)

    assert archive.evidence.size("inc-2", name) is None
    with pytest.raises(LookupError):
        archive.evidence.read("inc-2", name)


def test_the_same_file_again_changes_nothing(archive: Archive) -> None:
    assert archive.keep("inc-1", REPORT) == archive.keep("inc-1", REPORT)

    assert archive.evidence.read("inc-1", hash_of(REPORT)) == REPORT


def test_an_empty_file_is_a_file(archive: Archive) -> None:
    name = archive.keep("inc-1", b"")

    assert archive.evidence.size("inc-1", name) == 0
    assert archive.evidence.read("inc-1", name) == b""


def test_an_upload_is_allowed_for_a_quarter_of_an_hour(archive: Archive) -> None:
    upload = archive.evidence.upload("inc-1", hash_of(REPORT), len(REPORT), "application/pdf")

    assert upload.expires == NOW + 15 * MINUTE
    assert upload.headers["Content-Type"] == "application/pdf"


def test_length_type_and_hash_are_part_of_the_signature(bucket: Any) -> None:
    """What the signature holds, S3 demands: tests/e2e/test_evidence_upload.py sees the emulator do it."""
    evidence = S3Evidence(lambda: bucket, tables.EVIDENCE, FakeTime(NOW))
    upload = evidence.upload("inc-1", hash_of(REPORT), len(REPORT), "application/pdf")
    address = urlsplit(upload.url)
    asked = parse_qs(address.query)

    [signed] = asked["X-Amz-SignedHeaders"]
    assert set(signed.split(";")) == {"host", *(name.lower() for name in upload.headers)}
    assert set(upload.headers) == {"Content-Length", "Content-Type", "x-amz-checksum-sha256"}
    assert asked["X-Amz-Expires"] == ["900"]
    assert address.path == f"/evidence/inc-1/{hash_of(REPORT)}"


def test_an_address_names_the_buckets_own_region() -> None:
    """The global one redirects what goes to a young bucket elsewhere, and a redirect breaks the signature."""
    evidence = S3Evidence(lambda: boto3.client("s3", config=aws.SIGNED, **KEYS), "evidence", FakeTime(NOW))

    address = evidence.upload("inc-1", hash_of(REPORT), 1, "text/plain").url

    assert urlsplit(address).hostname == "evidence.s3.eu-central-1.amazonaws.com"


def test_what_came_past_the_upload_is_no_evidence(bucket: Any) -> None:
    evidence = S3Evidence(lambda: bucket, tables.EVIDENCE, FakeTime(NOW))
    name = hash_of(REPORT)
    bucket.put_object(Bucket=tables.EVIDENCE, Key=f"evidence/inc-1/{name}", Body=b"forged", ChecksumAlgorithm="SHA256")

    assert evidence.size("inc-1", name) is None
    with pytest.raises(LookupError):
        evidence.read("inc-1", name)


@pytest.mark.parametrize(("code", "status"), [("SlowDown", 503), ("InternalError", 500), ("Odd", 502)])
@pytest.mark.parametrize("call", ["head_object", "get_object"])
def test_a_bucket_under_load_is_unavailable(code: str, status: int, call: str) -> None:
    client = boto3.client("s3", config=Config(retries={"total_max_attempts": 1}), **KEYS)
    evidence = S3Evidence(lambda: client, "evidence", FakeTime(NOW))
    with Stubber(client) as stubber:
        stubber.add_client_error(call, code, http_status_code=status)
        with pytest.raises(UnavailableError):
            (evidence.size if call == "head_object" else evidence.read)("inc-1", hash_of(REPORT))
