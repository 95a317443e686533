"""What every bucket has: nobody from outside, TLS only, versions, and a record of who read it."""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.stages import Stage

_PARTS_KEPT = Duration.days(7)


def private_bucket(scope: Construct, construct_id: str, *, stage: Stage, logs: s3.Bucket, **more: Any) -> s3.Bucket:
    """A bucket for this stage alone; who asked it for what is written to `logs`.

    Never emptied by its stack (`auto_delete_objects`): that is a function with the right to delete everything in it.
    """
    return s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        minimum_tls_version=None if stage.local else 1.2,
        versioned=True,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"{construct_id.lower()}/",
        removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        **more,
    )


def log_bucket(scope: Construct, construct_id: str, *, stage: Stage, by_acl: bool = False) -> s3.Bucket:
    """Where access logs go; they hold addresses of readers, so they go after the stage's retention of logs.

    Args:
        by_acl: CloudFront writes its logs by a grant in the bucket's access list, and in no other way.
    """
    ownership = s3.ObjectOwnership.BUCKET_OWNER_PREFERRED if by_acl else s3.ObjectOwnership.BUCKET_OWNER_ENFORCED
    return s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=ownership,
        encryption=s3.BucketEncryption.S3_MANAGED,  # the services that write access logs can use no key of ours
        enforce_ssl=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=Duration.days(stage.log_retention_days), abort_incomplete_multipart_upload_after=_PARTS_KEPT
            )
        ],
        removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
    )


def evidence_bucket(
    scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey, logs: s3.Bucket, console_origin: str
) -> s3.Bucket:
    """Write-once storage: what lies in here stays, as it is, until its retention is over (I9, C6).

    On production nobody can shorten that, an administrator of the account included.
    """
    kept = Duration.days(stage.evidence_retention_days)
    bucket = private_bucket(
        scope,
        construct_id,
        stage=stage,
        logs=logs,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=True,
        object_lock_enabled=True,
        object_lock_default_retention=(
            s3.ObjectLockRetention.compliance(kept) if stage.production else s3.ObjectLockRetention.governance(kept)
        ),
        lifecycle_rules=[s3.LifecycleRule(abort_incomplete_multipart_upload_after=_PARTS_KEPT)],
        cors=[
            s3.CorsRule(
                allowed_origins=[console_origin],
                allowed_methods=[s3.HttpMethods.PUT],
                allowed_headers=["content-type", "content-length", "if-none-match", "x-amz-*"],
                exposed_headers=["ETag", "x-amz-checksum-sha256"],
                max_age=3600,
            ),
        ],
    )
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="WriteOnce",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            # The lock keeps versions; this keeps them from being hidden by a delete marker, too.
            actions=["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
            resources=[bucket.arn_for_objects("*")],
        ),
    )
    return bucket


def console_origin(stage: Stage) -> str:
    """From where a browser may put evidence: the address of the console, which a generated name is a part of."""
    if stage.endpoint_url is not None:
        return stage.endpoint_url
    if stage.link_base_url is not None:
        return stage.link_base_url
    return f"https://*.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"
