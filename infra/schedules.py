"""EventBridge Scheduler schedules, each with a role for the one function it calls."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import rights


def every_minutes(
    scope: Construct,
    construct_id: str,
    *,
    minutes: int,
    target: lambda_.IFunction,
    failures: sqs.IQueue,
    key: kms.IKey,
) -> scheduler.CfnSchedule:
    """Call a function for ever; a call that is missed is not caught up, the next one sees what it would have."""
    role = iam.Role(
        scope,
        f"{construct_id}Role",
        assumed_by=iam.ServicePrincipal(
            "scheduler.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        ),
        inline_policies={
            "rights": iam.PolicyDocument(
                statements=[
                    rights.may(("lambda:InvokeFunction",), target.function_arn),
                    rights.send(failures.queue_arn),
                    rights.use_key(key),
                ],
            ),
        },
    )
    return scheduler.CfnSchedule(
        scope,
        construct_id,
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        schedule_expression=f"rate({minutes} minute{'s' if minutes > 1 else ''})",
        target=scheduler.CfnSchedule.TargetProperty(
            arn=target.function_arn,
            role_arn=role.role_arn,
            dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=failures.queue_arn),
            retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                maximum_event_age_in_seconds=max(60, minutes * 60),
                maximum_retry_attempts=3,
            ),
        ),
    )
