"""What a function may do, in words: each right names its actions and the one thing they may be done to."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Fn
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from infra.stages import Stage

Right = iam.PolicyStatement


def may(actions: Sequence[str], *resources: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))


def table(on: dynamodb.Table, *actions: str, index: str | None = None) -> iam.PolicyStatement:
    """Some DynamoDB actions on a table, or on one of its indexes and nothing else of it."""
    arn = on.table_arn if index is None else f"{on.table_arn}/index/{index}"
    return may([f"dynamodb:{action}" for action in actions], arn)


def policies(incidents: dynamodb.Table, action: str) -> iam.PolicyStatement:
    """Store the version of the policy that this release ships, or renew what it says of people; no other row."""
    return iam.PolicyStatement(
        actions=[f"dynamodb:{action}"],
        resources=[incidents.table_arn],
        conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["POLICY#*"]}},
    )


def read_stream(of: dynamodb.Table) -> list[iam.PolicyStatement]:
    arn = of.table_stream_arn
    if arn is None:
        raise ValueError(f"{of.node.path} has no stream")
    return [
        may(("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"), arn),
        may(("dynamodb:ListStreams",), "*"),  # Lambda lists before it knows which
    ]


def consume(queue_arn: str) -> iam.PolicyStatement:
    return may(("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"), queue_arn)


def send(*queue_arns: str) -> iam.PolicyStatement:
    return may(("sqs:SendMessage",), *queue_arns)


def read_secret(arn: str) -> iam.PolicyStatement:
    return may(("secretsmanager:GetSecretValue",), arn)


def objects(of: s3.IBucket, below: str, *actions: str) -> iam.PolicyStatement:
    """Some S3 actions on what lies below a folder of a bucket; without a folder, on all of it."""
    return may([f"s3:{action}" for action in actions], of.arn_for_objects(f"{below}*"))


def list_objects(of: s3.IBucket) -> iam.PolicyStatement:
    """Names and sizes. Whoever may not list hears 403 for an object that is not there, which could mean anything."""
    return may(("s3:ListBucket",), of.bucket_arn)


def write_logs(log_group_arn: str) -> iam.PolicyStatement:
    return may(("logs:CreateLogStream", "logs:PutLogEvents"), log_group_arn)


def trace() -> iam.PolicyStatement:
    return may(("xray:PutTraceSegments", "xray:PutTelemetryRecords"), "*")  # X-Ray knows no resources


def use_key(key: kms.IKey) -> iam.PolicyStatement:
    """The key through the services that encrypt with it, and never by itself."""
    return iam.PolicyStatement(
        actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey"],
        resources=[key.key_arn],
        conditions={
            "StringEquals": {
                "kms:ViaService": [
                    Fn.join(".", [service, Aws.REGION, Aws.URL_SUFFIX])
                    for service in ("dynamodb", "sqs", "sns", "secretsmanager", "s3")
                ],
            },
        },
    )


def send_sms() -> iam.PolicyStatement:
    """To telephones: a phone number is no ARN, so every topic is left out instead."""
    return iam.PolicyStatement(actions=["sns:Publish"], not_resources=[f"arn:{Aws.PARTITION}:sns:*:*:*"])


def send_email(stage: Stage) -> iam.PolicyStatement:
    """From the stage's own sender. The emulator checks this right against `*` alone."""
    actions = ("ses:SendEmail", "ses:SendRawEmail")
    if stage.local:
        return may(actions, "*")
    domain = stage.email_from.rpartition("@")[2]
    identities = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}:identity"
    sets = f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}:configuration-set"
    return may(
        actions,
        f"{identities}/{stage.email_from}",
        f"{identities}/{domain}",
        f"{sets}/{stage.stack_name('Email')}",
    )
