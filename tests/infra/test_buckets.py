"""What lies in buckets: evidence that nobody can take away, and a site that only CloudFront hands out."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]


def buckets(stage: Any) -> dict[str, dict[str, Any]]:
    return {name[:-8]: bucket["Properties"] for name, bucket in stage.of_type("AWS::S3::Bucket").items()}


def statements_on(stage: Any, bucket: str) -> list[dict[str, Any]]:
    """What the bucket's own policy says."""
    [policy] = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for each in stage.of_type("AWS::S3::BucketPolicy").values()
        if each["Properties"]["Bucket"]["Ref"].startswith(bucket)
    ]
    return list(policy)


def rights_on(stage: Any, bucket: str) -> dict[str, set[str]]:
    """Who may do what: `role folder` to actions."""
    found: dict[str, set[str]] = {}
    for role, statement in stage.statements():
        resource = json.dumps(statement.get("Resource", ""))
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if not actions[0].startswith("s3:") or bucket not in resource:
            continue
        folder = resource.split('"/')[-1].split('"')[0] if "/" in resource else "bucket"
        name = role.removeprefix("Functions").split("Role")[0]
        found[f"{name} {folder}"] = {each.removeprefix("s3:") for each in actions}
    return found


def test_no_bucket_is_public_or_speaks_without_tls(stage: Any) -> None:
    found = buckets(stage)
    assert sorted(found) == ["AccessLogs", "Evidence", "Logs", "Site"]
    for name, bucket in found.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert bucket["BucketEncryption"], name
        refused = [each for each in statements_on(stage, name) if each["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [each.get("Condition") for each in refused], name


def test_evidence_cannot_be_taken_away_and_on_production_by_nobody(synthesize: Any) -> None:
    for name, mode, days in (("local", "GOVERNANCE", 1), ("dev", "GOVERNANCE", 1), ("prod", "COMPLIANCE", 1826)):
        evidence = buckets(synthesize(name))["Evidence"]
        assert evidence["ObjectLockEnabled"] is True
        assert evidence["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Mode": mode, "Days": days}
        assert evidence["VersioningConfiguration"] == {"Status": "Enabled"}


def test_nobody_hides_or_removes_evidence_whatever_their_role_says(stage: Any) -> None:
    [refused] = [each for each in statements_on(stage, "Evidence") if each.get("Sid") == "WriteOnce"]
    assert refused["Effect"] == "Deny"
    assert refused["Principal"] == {"AWS": "*"}
    assert set(refused["Action"]) == {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"}


def test_evidence_is_encrypted_with_the_key_of_the_stage(stage: Any) -> None:
    [key] = stage.of_type("AWS::KMS::Key")
    [rule] = buckets(stage)["Evidence"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert key in json.dumps(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])


def test_who_may_do_what_in_the_evidence(stage: Any) -> None:
    assert rights_on(stage, "Evidence") == {
        "Respond evidence/*": {"PutObject", "GetObject"},
        "Respond bucket": {"ListBucket"},
        "Console evidence/*": {"PutObject", "GetObject"},
        "Console bucket": {"ListBucket"},
        "SealHeads heads/*": {"PutObject"},
    }


def test_one_function_writes_the_site_and_reads_nothing(stage: Any) -> None:
    assert rights_on(stage, "Site") == {"RunErrands *": {"PutObject"}, "RunErrands bucket": {"ListBucket"}}


def test_browsers_put_evidence_from_the_console_alone(synthesize: Any) -> None:
    for name, origin in (("local", "http://127.0.0.1:4566"), ("prod", "https://tocsin.example")):
        [rule] = buckets(synthesize(name))["Evidence"]["CorsConfiguration"]["CorsRules"]
        assert rule["AllowedOrigins"] == [origin]
        assert rule["AllowedMethods"] == ["PUT"]
    [rule] = buckets(synthesize("dev"))["Evidence"]["CorsConfiguration"]["CorsRules"]
    assert "https://*.execute-api." in json.dumps(rule["AllowedOrigins"])


def test_the_site_is_read_through_its_distribution_alone(stage: Any) -> None:
    [distribution] = stage.of_type("AWS::CloudFront::Distribution", "Site")
    [control] = stage.of_type("AWS::CloudFront::OriginAccessControl").values()
    assert control["Properties"]["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    [allowed] = [each for each in statements_on(stage, "Site") if each["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == "s3:GetObject"
    assert distribution in json.dumps(allowed["Condition"]["StringEquals"]["AWS:SourceArn"])


def test_readers_come_by_tls_and_get_what_a_browser_must_not_do(synthesize: Any) -> None:
    for name in ("dev", "prod"):
        stage = synthesize(name)
        [distribution] = stage.of_type("AWS::CloudFront::Distribution", "Site").values()
        config = distribution["Properties"]["DistributionConfig"]
        assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
        assert config["DefaultCacheBehavior"]["AllowedMethods"] == ["GET", "HEAD"]
        assert config["Logging"]["IncludeCookies"] is False
        [policy] = stage.of_type("AWS::CloudFront::ResponseHeadersPolicy", "Site").values()
        headers = policy["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 31_536_000
        assert headers["FrameOptions"]["FrameOption"] == "DENY"
        assert headers["ContentTypeOptions"] == {"Override": True}
        said = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        assert said.startswith("default-src 'none'; ")
        assert "script-src" not in said


def test_a_page_that_is_not_there_is_said_so_in_the_site_s_own_words(stage: Any) -> None:
    [distribution] = stage.of_type("AWS::CloudFront::Distribution", "Site").values()
    answers = distribution["Properties"]["DistributionConfig"]["CustomErrorResponses"]
    assert {each["ErrorCode"]: (each["ResponseCode"], each["ResponsePagePath"]) for each in answers} == {
        403: (404, "/404.html"),
        404: (404, "/404.html"),
    }


def test_a_page_is_half_a_minute_old_at_most(stage: Any) -> None:
    [cache] = stage.of_type("AWS::CloudFront::CachePolicy").values()
    assert cache["Properties"]["CachePolicyConfig"]["MaxTTL"] <= 30
