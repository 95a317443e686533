"""The simulation's carriers, secrets and buckets take what the adapters send and refuse what AWS would."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.adapters.operations_topic import OperationsTopic
from shared.adapters.secret import Secret
from shared.adapters.ses_email import REFERENCE_TAG, SesEmail
from shared.adapters.sns_sms import SnsSms
from shared.adapters.status_site import S3Site
from shared.ports import PermanentFailure, UnavailableError
from tests.fakes import FakeTime
from tests.site_scene import EVERYTHING, URL, site
from torture.aws.outside import VirtualSecrets, VirtualSES, VirtualSNS
from torture.aws.s3 import BucketShape, VirtualS3

NOW = 1_770_000_000_000
DAY = 24 * 60 * 60 * 1000


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


def test_a_text_is_recorded_with_its_time_number_and_id() -> None:
    client: Any = VirtualSNS(lambda: NOW)

    message_id = SnsSms(lambda: client, "Tocsin").send("+8613800000001", "", "Case C-1 is overdue", None, "ref")

    assert client.sent == [(NOW, "+8613800000001", "Case C-1 is overdue", message_id)]


@pytest.mark.parametrize(
    ("number", "text"), [("13800000001", "a"), ("+8613800000001", ""), ("+8613800000001", "a" * 1601)]
)
def test_a_text_that_no_carrier_takes_is_refused_for_good(number: str, text: str) -> None:
    client: Any = VirtualSNS(lambda: NOW)

    with pytest.raises(PermanentFailure):
        SnsSms(lambda: client).send(number, "", text, None, "ref")

    assert client.sent == []


def test_an_alert_reaches_its_topic() -> None:
    client: Any = VirtualSNS(lambda: NOW)

    OperationsTopic(lambda: client, "arn:topic").alert("A timer is 投 parked", "It failed five times")

    [alert] = client.published
    assert (alert.at, alert.topic, alert.subject) == (NOW, "arn:topic", "Tocsin: A timer is ? parked")
    assert alert.text == "A timer is 投 parked\n\nIt failed five times"
    assert client.sent == []


@pytest.mark.parametrize("subject", ["", " a", "a\nb", "投", "x" * 100])
def test_a_subject_that_sns_refuses_is_refused(subject: str) -> None:
    with pytest.raises(ClientError):
        VirtualSNS(lambda: NOW).publish(TopicArn="arn:topic", Subject=subject, Message="a")


def test_an_email_is_recorded_with_the_tag_that_comes_back() -> None:
    client: Any = VirtualSES(lambda: NOW)
    carrier = SesEmail(lambda: client, "pager@example.com", "receipts")

    message_id = carrier.send("lin@example.com", "Case\nC-1", "It is overdue", "<p>overdue</p>", "ref1")

    tags = {REFERENCE_TAG: "ref1"}
    assert client.sent == [
        (NOW, "lin@example.com", "Case C-1", "It is overdue", "<p>overdue</p>", tags, message_id),
    ]


def test_a_secret_is_read_until_it_is_changed() -> None:
    client: Any = VirtualSecrets({"arn:keys": "one"})
    time = FakeTime(NOW)
    secret = Secret(lambda: client, "arn:keys", time)
    assert secret.value() == "one"

    client.secrets["arn:keys"] = "two"
    time.advance(60_000)

    assert secret.value() == "two"
    with pytest.raises(UnavailableError):
        Secret(lambda: client, "arn:other", time).value()


@pytest.mark.parametrize(
    "call",
    [
        lambda: VirtualSNS(lambda: NOW).publish(PhoneNumber="+8613800000001", Message="a", MessageStructure="json"),
        lambda: VirtualSES(lambda: NOW).send_email(FromEmailAddress="a@b", Content={"Raw": {}}, Destination={}),
        lambda: VirtualSecrets({"a": "b"}).get_secret_value(SecretId="a", VersionStage="AWSPREVIOUS"),
        lambda: VirtualS3({"b": BucketShape()}, lambda: NOW).put_object(Bucket="b", Key="k", Body=b"", ACL="private"),
        lambda: VirtualS3({"b": BucketShape()}, lambda: NOW).get_object(Bucket="b", Key="k", Range="bytes=0-1"),
        lambda: VirtualS3({"b": BucketShape()}, lambda: NOW).delete_object(Bucket="b", Key="k"),
    ],
)
def test_what_is_not_played_is_not_overlooked(call: Callable[[], object]) -> None:
    with pytest.raises(NotImplementedError):
        call()


def test_a_locked_version_stays_until_its_time() -> None:
    clock = Clock()
    s3 = VirtualS3({"evidence": BucketShape(locked_days=2)}, clock)
    version = s3.put_object(Bucket="evidence", Key="k", Body=b"one")["VersionId"]
    s3.put_object(Bucket="evidence", Key="k", Body=b"two")

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="evidence", Key="k", VersionId=version)
    assert [stored.content for stored in s3.versions("evidence", "k")] == [b"one", b"two"]
    clock.now += 2 * DAY
    s3.delete_object(Bucket="evidence", Key="k", VersionId=version)

    assert [stored.content for stored in s3.versions("evidence", "k")] == [b"two"]
    assert s3.shown("evidence") == {"k": b"two"}


def test_a_name_that_is_taken_is_written_again_only_by_who_does_not_ask() -> None:
    s3 = VirtualS3({"evidence": BucketShape()}, lambda: NOW)
    first = s3.put_object(Bucket="evidence", Key="k", Body=b"one", IfNoneMatch="*")["VersionId"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="evidence", Key="k", Body=b"two", IfNoneMatch="*")
    s3.put_object(Bucket="evidence", Key="k", Body=b"three")

    assert s3.get_object(Bucket="evidence", Key="k")["Body"].read() == b"three"
    assert s3.get_object(Bucket="evidence", Key="k", VersionId=first)["Body"].read() == b"one"
    assert len(s3.versions("evidence", "k")) == 2


@pytest.mark.parametrize(
    ("content", "after", "code"),
    [
        (b"eins", 59_999, None),
        (b"eins", 60_000, "AccessDenied"),
        (b"zwei", 59_999, "BadDigest"),
        (b"longer", 59_999, "SignatureDoesNotMatch"),
    ],
)
def test_an_upload_is_of_the_content_that_was_signed_and_in_time(content: bytes, after: int, code: str | None) -> None:
    clock = Clock()
    s3 = VirtualS3({"evidence": BucketShape()}, clock)
    checksum = base64.b64encode(hashlib.sha256(b"eins").digest()).decode()
    signed = {"Bucket": "evidence", "Key": "k", "ContentLength": 4, "ChecksumSHA256": checksum}
    url = s3.generate_presigned_url("put_object", Params=signed, ExpiresIn=60)
    clock.now += after

    if code is None:
        s3.upload(url, content)
    else:
        with pytest.raises(ClientError) as refused:
            s3.upload(url, content)
        assert refused.value.response["Error"]["Code"] == code
    assert s3.shown("evidence") == ({} if code else {"k": content})


def test_a_site_is_published_as_into_a_bucket_and_not_twice() -> None:
    s3 = VirtualS3({"status": BucketShape()}, lambda: NOW)
    client: Any = s3

    for _ in range(2):
        S3Site(lambda: client, "status", URL).publish(EVERYTHING)

    assert s3.shown("status") == {path: file.content for path, file in site(*EVERYTHING).items()}
    assert all(len(s3.versions("status", path)) == 1 for path in s3.shown("status"))


def test_a_listing_goes_on_after_a_thousand() -> None:
    s3 = VirtualS3({"status": BucketShape()}, lambda: NOW)
    for number in range(1001):
        s3.put_object(Bucket="status", Key=f"a/{number}", Body=b"")

    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="status"))

    assert [page["KeyCount"] for page in pages] == [1000, 1]
    listed = [each["Key"] for page in pages for each in page["Contents"]]
    assert listed == sorted(s3.shown("status"))
