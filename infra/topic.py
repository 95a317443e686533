"""Where alarms ring: a topic that CloudWatch may speak on, and who hears it."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.stages import Stage


def alarm_topic(
    scope: Construct,
    construct_id: str,
    *,
    stage: Stage,
    key: kms.IKey | None = None,
    failures: sqs.IQueue | None = None,
) -> sns.Topic:
    """A topic to whose e-mail subscriber, where the stage names one, AWS writes once they have confirmed.

    Args:
        scope: of the construct.
        construct_id: of the construct.
        stage: its settings.
        key: what rests is encrypted with it.
        failures: where mail goes that could not be delivered.
    """
    topic = sns.Topic(scope, construct_id, master_key=key, enforce_ssl=True)
    # A topic's own policy replaces the one that lets the whole account publish: with nothing but the refusal of plain
    # HTTP in it, alarms ring and nobody hears them.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AlarmsOfThisAccount",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    if stage.operations_email:
        topic.add_subscription(subscriptions.EmailSubscription(stage.operations_email, dead_letter_queue=failures))
    return topic
