"""Every wildcard in a policy that allows something, with its reason. A test finds any other, and any that is gone.

What refuses (`Deny`) is not in here: a wildcard there refuses more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Wildcard:
    """One statement with a wildcard.

    Attributes:
        of: `role`, what a function may do; `key`, `bucket`: the policy of the thing itself.
        actions: as the statement names them, in any order.
        resource: an ARN, with `${…}` for what has a name of the stage's own; after `not `, everything else.
    """

    of: str
    actions: tuple[str, ...]
    resource: str
    reason: str


_OF_THE_KEY: Final = "In a key's own policy `*` is this key."

WILDCARDS: Final = (
    Wildcard(
        "role",
        ("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        "*",
        "X-Ray knows no resources; on traced stages alone.",
    ),
    Wildcard("role", ("dynamodb:ListStreams",), "*", "It knows no resources; Lambda lists before it knows which."),
    Wildcard(
        "role",
        ("sns:Publish",),
        "not arn:${AWS::Partition}:sns:*:*:*",
        "A telephone has no ARN: SMS go to everything that is not a topic.",
    ),
    Wildcard(
        "role",
        ("ses:SendEmail", "ses:SendRawEmail"),
        "*",
        "Local stage only: the emulator checks this right against `*` alone.",
    ),
    Wildcard(
        "role",
        ("s3:PutObject", "s3:GetObject"),
        "${Evidence}/evidence/*",
        "Objects have no names beforehand; the folder, and the lock on what lies there, bound it.",
    ),
    Wildcard("role", ("s3:PutObject",), "${Evidence}/heads/*", "As above; hashes of timelines, written once."),
    Wildcard("role", ("s3:PutObject",), "${Site}/*", "Pages have no names beforehand; the bucket holds nothing else."),
    Wildcard("bucket", ("s3:GetObject",), "${Site}/*", "CloudFront's one distribution reads the public site."),
    Wildcard("bucket", ("s3:PutObject",), "${Logs}/site/*", "S3 writes access logs, of this account's bucket alone."),
    Wildcard("bucket", ("s3:PutObject",), "${AccessLogs}/evidence/*", "As above, for the evidence."),
    Wildcard(
        "key",
        ("kms:*",),
        "*",
        f"{_OF_THE_KEY} The account's own policies decide; without this line a key can be locked out for ever.",
    ),
    Wildcard(
        "key",
        ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"),
        "*",
        f"{_OF_THE_KEY} CloudWatch Logs, for log groups of this account; the actions are those AWS documents.",
    ),
    Wildcard(
        "key",
        ("kms:Decrypt", "kms:GenerateDataKey"),
        "*",
        f"{_OF_THE_KEY} Alarms, rules and topics of this account.",
    ),
    Wildcard(
        "key",
        ("kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"),
        "*",
        f"{_OF_THE_KEY} Through Secrets Manager alone; the CDK adds it for the stage's secrets.",
    ),
    Wildcard("key", ("kms:CreateGrant", "kms:DescribeKey"), "*", f"{_OF_THE_KEY} As above."),
)
