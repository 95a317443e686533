"""Queues that nobody has to remember to protect: encrypted, TLS only, and each with where its failures go."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.nag import accept
from infra.stages import Stage

KEPT = Duration.days(14)
"""As long as SQS can: a failure on the first day of a holiday is still there after it."""


def dead_letters(scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey) -> sqs.Queue:
    """Where what could not be handled waits for a person."""
    queue = sqs.Queue(
        scope,
        construct_id,
        encryption=sqs.QueueEncryption.KMS,
        encryption_master_key=key,
        data_key_reuse=Duration.hours(1),
        enforce_ssl=True,
        retention_period=KEPT,
        removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
    )
    for finding in ("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"):
        accept(queue, finding, "This is where dead letters go; a person empties it, and an alarm tells them.")
    return queue


class WorkQueue(Construct):
    """A queue a function consumes, and its dead letters."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        key: kms.IKey,
        visibility_seconds: int,
        attempts: int = 5,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = dead_letters(self, "DeadLetters", stage=stage, key=key)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            data_key_reuse=Duration.hours(1),
            enforce_ssl=True,
            retention_period=KEPT,
            visibility_timeout=Duration.seconds(visibility_seconds),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=attempts),
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )

    @property
    def arn(self) -> str:
        return self.queue.queue_arn

    @property
    def url(self) -> str:
        return self.queue.queue_url
