"""The status site in its bucket (I8): what a reader finds there, also one who comes in the middle of a publication."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from shared.adapters.status_site import S3Site
from shared.ports import Site, UnavailableError
from tests.site_scene import CORRECTED, EVERYTHING, FIRST, FOOD, LATE, OLD, URL, links, published, site

BUCKET = "status"


@pytest.fixture
def s3() -> Iterator[Any]:
    """A client of an S3 with one bucket, which keeps versions so that one can see what was written again."""
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


@pytest.fixture
def status(s3: Any) -> Site:
    return S3Site(lambda: s3, BUCKET, URL)


def shown(s3: Any) -> dict[str, bytes]:
    """What readers get."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def writings(s3: Any) -> list[str]:
    """Each writing of each file."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET)
    return sorted(item["Key"] for page in pages for item in page.get("Versions", ()))


def dead_ends(files: dict[str, bytes]) -> set[str]:
    """Where a reader who begins at an index or a feed and follows links finds nothing."""
    waiting = {path for path in files if path.split("/")[-1] in {"index.html", "feed.xml", "feed.json"}}
    seen: set[str] = set()
    missing: set[str] = set()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        if path not in files:
            missing.add(path)
        elif path.endswith(".html"):
            waiting |= links(files[path].decode(), path) - seen
        else:
            text = files[path].decode().replace("&lt;", "<").replace('\\"', '"')
            named = {piece.split('"')[0].split("<")[0] for piece in text.split(f"{URL}/")[1:]}
            waiting |= {one or "index.html" for one in named} - seen
    return missing


def test_the_bucket_holds_the_site_as_browsers_need_it(s3: Any, status: Site) -> None:
    status.publish(EVERYTHING)

    assert shown(s3) == {path: file.content for path, file in site(*EVERYTHING).items()}
    for path, file in site(*EVERYTHING).items():
        head = s3.head_object(Bucket=BUCKET, Key=path)
        assert (head["ContentType"], head["CacheControl"]) == (file.media_type, file.cache)


def test_before_anything_is_published_there_is_a_page_that_says_so(s3: Any, status: Site) -> None:
    status.publish(())

    assert {"index.html", "en/index.html", "feed.xml", "feed.json", "404.html"} <= set(shown(s3))
    assert "目前没有需要通报的情况。".encode() in shown(s3)["index.html"]
    assert dead_ends(shown(s3)) == set()


def test_published_again_nothing_is_written_again(s3: Any, status: Site) -> None:
    status.publish(EVERYTHING)
    before = writings(s3)

    status.publish(EVERYTHING)

    assert writings(s3) == before


def test_a_publication_writes_what_it_changes(s3: Any, status: Site) -> None:
    status.publish((OLD, FIRST))
    before = writings(s3)

    status.publish((OLD, FIRST, CORRECTED))

    rewritten = {path for path in writings(s3) if writings(s3).count(path) > before.count(path)}
    assert f"s/{OLD.crisis}/first.html" not in rewritten
    assert "404.html" not in rewritten
    assert {
        "index.html",
        "feed.xml",
        f"s/{FOOD}/first.html",
        f"s/{FOOD}/first/1.html",
        f"s/{FOOD}/first/3.html",
    } <= rewritten
    assert shown(s3) == {path: file.content for path, file in site(OLD, FIRST, CORRECTED).items()}


def test_a_large_bucket_is_known_to_its_end(s3: Any, status: Site) -> None:
    for number in range(1001):
        s3.put_object(Bucket=BUCKET, Key=f"a/{number}", Body=b"")
    status.publish(())
    before = writings(s3)

    status.publish(())

    assert writings(s3) == before


def test_a_correction_leaves_the_earlier_text_where_it_was(s3: Any, status: Site) -> None:
    status.publish((published(text=(("en", "Nobody was hurt."),)),))
    status.publish((published(text=(("en", "Nobody was hurt."),)), CORRECTED))

    earlier = shown(s3)[f"en/s/{FOOD}/first/1.html"]
    assert b"Nobody was hurt." in earlier
    assert b"This text has been corrected" in earlier
    assert b"Nobody was hurt." not in shown(s3)[f"en/s/{FOOD}/first.html"]


@pytest.mark.parametrize(
    ("before", "after"), [((), EVERYTHING), ((FIRST,), (FIRST, CORRECTED)), ((OLD, FIRST), EVERYTHING)]
)
def test_a_reader_never_meets_a_link_to_a_page_that_is_not_there_yet(
    s3: Any, status: Site, before: tuple[Any, ...], after: tuple[Any, ...]
) -> None:
    status.publish(before)
    written = []

    def read(**_: Any) -> None:
        written.append(dead_ends(shown(s3)))

    s3.meta.events.register("after-call.s3.PutObject", read)
    status.publish(after)

    assert len(written) > 10
    assert not set().union(*written)


@pytest.mark.parametrize("fails_at", [0, 1, 7, 15])
def test_a_publication_that_breaks_off_is_finished_by_the_next_try(s3: Any, status: Site, fails_at: int) -> None:
    status.publish((FIRST,))
    left = [fails_at]

    def refuse(**_: Any) -> Any:
        left[0] -= 1
        return answer(503, "SlowDown") if left[0] < 0 else None

    s3.meta.events.register("before-call.s3.PutObject", refuse)
    with pytest.raises(UnavailableError):
        status.publish(EVERYTHING)
    assert dead_ends(shown(s3)) == set()
    s3.meta.events.unregister("before-call.s3.PutObject", refuse)

    status.publish(EVERYTHING)

    assert shown(s3) == {path: file.content for path, file in site(*EVERYTHING).items()}


def test_an_older_list_takes_nothing_away(s3: Any, status: Site) -> None:
    """Two publications at once: whoever finishes last may not know the other's; the use case writes once more."""
    status.publish((FIRST, LATE))
    status.publish((FIRST,))

    assert shown(s3)[f"s/{FOOD}/progress.html"] == site(FIRST, LATE)[f"s/{FOOD}/progress.html"].content
    status.publish((FIRST, LATE))
    assert shown(s3) == {path: file.content for path, file in site(FIRST, LATE).items()}


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "OperationAborted", "RequestTimeout", "Whatever"])
@pytest.mark.parametrize("operation", ["PutObject", "ListObjectsV2"])
def test_a_store_that_refuses_for_now_is_unavailable(s3: Any, status: Site, code: str, operation: str) -> None:
    status_code = {"OperationAborted": 409, "RequestTimeout": 400}.get(code, 503)
    s3.meta.events.register(f"before-call.s3.{operation}", lambda **_: answer(status_code, code))

    with pytest.raises(UnavailableError):
        status.publish((FIRST,))


def test_a_store_nobody_answers_from_is_unavailable() -> None:
    with closing(socket.socket()) as unheard:
        unheard.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        once = Config(connect_timeout=1, retries={"total_max_attempts": 1})
        client = boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint, config=once)

        with pytest.raises(UnavailableError):
            S3Site(lambda: client, BUCKET, URL).publish(())


def test_a_bucket_that_is_not_there_is_a_mistake_and_not_a_delay(s3: Any) -> None:
    with pytest.raises(ClientError):
        S3Site(lambda: s3, "another", URL).publish(())


def answer(status: int, code: str) -> Any:
    """An answer of S3's that says no."""
    body = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return AWSResponse("https://s3.example", status, HTTPHeaders(), None), body
