"""What a signed upload allows, at a store that checks it: exactly the file that was announced, once, for good (C6)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from cli.local_stack.emulator import Emulator, free_port
from shared.adapters import aws
from shared.adapters.s3_evidence import S3Evidence
from shared.adapters.system_time import SystemTime
from shared.ports import Upload
from tests.contract import tables

REPORT, FORGED = b"Sealed on the day.", b"Sealed on a Friday"
NAME = hashlib.sha256(REPORT).hexdigest()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    emulator = Emulator(tmp_path_factory.mktemp("evidence"), port=free_port(), auth=False)
    emulator.start()
    try:
        yield boto3.client(
            "s3",
            endpoint_url=emulator.endpoint_url,
            region_name="eu-central-1",  # where the bucket is made
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=aws.SIGNED,
        )
    finally:
        emulator.stop()


@pytest.fixture
def evidence(client: Any) -> S3Evidence:
    if tables.EVIDENCE not in [each["Name"] for each in client.list_buckets()["Buckets"]]:
        tables.create_bucket(client)
    return S3Evidence(lambda: client, tables.EVIDENCE, SystemTime())


def put(upload: Upload, content: bytes) -> int:
    return httpx.put(upload.url, content=content, headers=dict(upload.headers), trust_env=False).status_code


def with_header(upload: Upload, name: str, value: str | None) -> Upload:
    headers = {**upload.headers, name: value}
    return replace(upload, headers={each: said for each, said in headers.items() if said is not None})


def test_what_was_announced_is_taken_and_locked(client: Any, evidence: S3Evidence) -> None:
    upload = evidence.upload("inc-taken", NAME, len(REPORT), "application/pdf")
    assert put(upload, REPORT) == 200

    assert evidence.size("inc-taken", NAME) == len(REPORT)
    assert evidence.read("inc-taken", NAME) == REPORT
    kept = client.head_object(Bucket=tables.EVIDENCE, Key=f"evidence/inc-taken/{NAME}")
    assert kept["ObjectLockMode"] == "COMPLIANCE"
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=tables.EVIDENCE, Key=f"evidence/inc-taken/{NAME}", VersionId=kept["VersionId"])


def test_a_second_upload_of_the_same_takes_nothing_away(evidence: S3Evidence) -> None:
    for _ in range(2):
        assert put(evidence.upload("inc-twice", NAME, len(REPORT), "application/pdf"), REPORT) == 200

    assert evidence.read("inc-twice", NAME) == REPORT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-amz-checksum-sha256", base64.b64encode(hashlib.sha256(FORGED).digest()).decode()),
        ("x-amz-checksum-sha256", None),
        ("Content-Type", "text/html"),
    ],
)
def test_another_hash_or_type_is_refused(evidence: S3Evidence, name: str, value: str | None) -> None:
    upload = evidence.upload("inc-refused", NAME, len(REPORT), "application/pdf")

    assert put(with_header(upload, name, value), FORGED) == 403
    assert evidence.size("inc-refused", NAME) is None


@pytest.mark.parametrize(("content", "status"), [(FORGED, 400), (REPORT + b" And more.", 403)])
def test_other_bytes_are_refused(evidence: S3Evidence, content: bytes, status: int) -> None:
    upload = evidence.upload("inc-refused", NAME, len(REPORT), "application/pdf")

    assert put(with_header(upload, "Content-Length", str(len(content))), content) == status
    assert evidence.size("inc-refused", NAME) is None


def test_another_place_is_refused(evidence: S3Evidence) -> None:
    upload = evidence.upload("inc-refused", NAME, len(REPORT), "application/pdf")

    assert put(replace(upload, url=upload.url.replace("inc-refused", "inc-other")), REPORT) == 403
    assert evidence.size("inc-other", NAME) is None
