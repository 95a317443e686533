"""What the public reads, what nobody can take away, and who is let in, with every role's rights checked."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping

import botocore.exceptions
import httpx
import pytest

from cli.local_stack.site import public_page
from cli.local_stack.stack import LocalStack
from shared.adapters.dynamo_errands import errand_row
from shared.adapters.dynamo_statements import publication_row
from shared.domain.errand import Errand
from shared.domain.publication import Publication, public_name
from tests.e2e.desk import Desk
from tests.e2e.watching import complaint, eventually, incident, post


def test_before_anything_is_said_the_site_says_so_in_both_languages(guarded_stack: LocalStack) -> None:
    for path, language in (("/", "zh-CN"), ("/en/index.html", "en")):
        page = public_page(guarded_stack, path)
        assert page.status_code == 200
        assert f'lang="{language}"' in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert page.headers["x-frame-options"] == "DENY"
    missing = public_page(guarded_stack, "/s/none.html")
    assert missing.status_code == 404
    assert "<html" in missing.text


def test_nobody_reads_the_bucket_behind_the_site(guarded_stack: LocalStack) -> None:
    with guarded_stack.http() as stranger:
        bucket = guarded_stack.outputs["SiteBucket"]
        assert stranger.get(f"{guarded_stack.endpoint_url}/{bucket}/index.html").status_code == 403


def test_an_errand_brings_a_statement_onto_the_site(guarded_stack: LocalStack) -> None:
    """From the outbox's stream over the queue to the public, by the function's own rights."""
    [taken] = post(guarded_stack, complaint("C-PUBLIC", level="major"))
    eventually(lambda: incident(guarded_stack, taken))
    now = time.time_ns() // 1_000_000
    said = Publication(public_name(taken), taken, "first", 1, now, now, (("en", "We **recall** the kettle."),))
    what = {"rung": "first", "revision": 1, "published_at": now}
    dynamodb = guarded_stack.client("dynamodb")
    dynamodb.put_item(TableName=guarded_stack.outputs["IncidentsTable"], Item=publication_row(said))
    errand = errand_row(Errand(taken, "publish-first-1", "publish", now, what))
    dynamodb.put_item(TableName=guarded_stack.outputs["OutboxTable"], Item=errand)

    address = f"/en/s/{said.crisis}/first.html"
    page = eventually(lambda: public_page(guarded_stack, address), until=lambda page: page.status_code == 200)
    assert "We <strong>recall</strong> the kettle." in page.text
    assert taken not in page.text
    eventually(lambda: said.crisis in public_page(guarded_stack, "/en/feed.json").text)  # written last

    def is_open() -> bool:
        row = {name: errand[name] for name in ("PK", "SK")}
        return "open_since" in dynamodb.get_item(TableName=guarded_stack.outputs["OutboxTable"], Key=row)["Item"]

    eventually(is_open, until=lambda still: not still)  # run, and what it tells was taken somewhere


def test_the_head_of_every_timeline_is_locked_away(guarded_stack: LocalStack) -> None:
    [taken] = post(guarded_stack, complaint("C-SEALED", level="major"))
    s3, bucket = guarded_stack.client("s3"), guarded_stack.outputs["EvidenceBucket"]

    def sealed() -> list[str]:
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="heads/").get("Contents", ())]
        return [key for key in keys if taken in s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()]

    [key, *_] = eventually(sealed)
    version = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
    with pytest.raises(botocore.exceptions.ClientError, match="object lock"):
        s3.delete_object(Bucket=bucket, Key=key, VersionId=version)


def test_a_file_goes_from_the_browser_into_the_lock_and_onto_the_timeline(
    guarded_stack: LocalStack, desk: Desk, keys: Mapping[str, str]
) -> None:
    [taken] = post(guarded_stack, complaint("C-FILE", level="major"))
    eventually(lambda: incident(guarded_stack, taken))
    report = b"%PDF-1.7 the laboratory's report"
    file = {"name": "report.pdf", "size": len(report), "media_type": "application/pdf"}
    sha256 = hashlib.sha256(report).hexdigest()
    person = {"authorization": f"Bearer {keys[desk.rules.operations[0]]}"}
    with guarded_stack.http(base_url=guarded_stack.api_url, headers=person, timeout=60) as api:
        announced = api.post(f"/v1/incidents/{taken}/attachments", json={**file, "sha256": sha256})
        assert announced.status_code == 201, announced.text
        early = api.post(announced.json()["confirm"], json=file)
        assert early.status_code == 409  # nothing lies there yet, and the function is told so
        upload = announced.json()["upload"]
        with guarded_stack.http(timeout=60) as browser:
            forged = browser.put(upload["url"], headers=upload["headers"], content=report[::-1])
            assert forged.status_code == 400, forged.text
            done = browser.put(upload["url"], headers=upload["headers"], content=report)
            assert done.status_code == 200, done.text
        confirmed = api.post(announced.json()["confirm"], json=file)
        assert confirmed.status_code == 200, confirmed.text
        said = [entry["kind"] for entry in api.get(f"/v1/incidents/{taken}").json()["timeline"]]
        assert said.count("evidence.added") == 1
    s3, where = guarded_stack.client("s3"), {"Bucket": guarded_stack.outputs["EvidenceBucket"]}
    where["Key"] = f"evidence/{taken}/{sha256}"
    kept = s3.head_object(**where)
    assert kept["ObjectLockMode"] == "GOVERNANCE"
    with pytest.raises(botocore.exceptions.ClientError, match="object lock"):
        s3.delete_object(**where, VersionId=kept["VersionId"])


def test_the_console_lets_a_person_in_by_their_key_and_nobody_else(guarded_stack: LocalStack) -> None:
    with guarded_stack.http(follow_redirects=True, timeout=60) as browser:
        asked = browser.get(guarded_stack.console_url)
        assert asked.status_code == 200
        assert asked.url.path.endswith("/console/sign-in")
        refused = _sign_in(browser, asked, guarded_stack.api_key)
        assert refused.url.path.endswith("/console/sign-in")
        room = _sign_in(browser, refused, guarded_stack.person_key)
        assert room.status_code == 200
        assert room.url.path.endswith("/console")


def _sign_in(browser: httpx.Client, form: httpx.Response, key: str) -> httpx.Response:
    state = form.text.partition('name="state" value="')[2].partition('"')[0]
    origin = f"{form.url.scheme}://{form.url.netloc.decode()}"
    return browser.post(str(form.url), data={"state": state, "key": key}, headers={"origin": origin})
