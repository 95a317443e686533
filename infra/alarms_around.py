"""Alarms on what Tocsin stands on: the carriers, the store, the door, the schedules and the bus."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration

from infra import counted
from infra.alarms import Bell
from infra.counted import FIVE_MINUTES, MINUTE, metric, of_aws
from infra.service import ServiceStack
from infra.stages import Stage
from infra.stateful import StatefulStack

BOUNCES_WATCHED: Final = 0.04
"""SES puts an account under review at 5 % of bounces and 0.1 % of complaints; below that there is time to act."""
COMPLAINTS_WATCHED: Final = 0.0008


def watch_carriers(bell: Bell, stage: Stage) -> None:
    """Whether those who carry messages take them, deliver them, and go on taking them tomorrow."""
    alarms = stage.alarms
    for via, failures in counted.CARRIER_FAILURES.items():
        bell.alarm(
            f"CarrierFails{via}",
            metric(stage, failures, statistic="Sum", period=FIVE_MINUTES),
            above=alarms.carrier_failures,
            says=f"the carrier of {via} messages refuses many, or does not answer",
        )
    bell.alarm(
        "SmsNotDelivered",
        of_aws("SNS", "NumberOfNotificationsFailed", PhoneNumber="PhoneNumberDirect"),
        above=alarms.carrier_failures,
        says="text messages were taken and not delivered",
    )
    bell.alarm(
        "SmsSpendNearLimit",
        of_aws("SNS", "SMSMonthToDateSpentUSD", statistic="Maximum", period=Duration.hours(1)),
        above=alarms.sms_spent_usd,
        says="this month's spend on SMS nears its limit, at which no text message goes out any more",
    )
    for name, rate, share, what in (
        ("MailBounces", "Reputation.BounceRate", BOUNCES_WATCHED, "bounces"),
        ("MailComplaints", "Reputation.ComplaintRate", COMPLAINTS_WATCHED, "complaints about our mail"),
    ):
        bell.alarm(
            name,
            of_aws("SES", rate, statistic="Maximum", period=Duration.hours(1)),
            above=share,
            says=f"{what} near the share at which SES stops sending for the account",
        )


def watch_store(bell: Bell, stage: Stage, stateful: StatefulStack) -> None:
    """Whether DynamoDB takes what is written, and how much of it has to be decided anew."""
    for name, table in (
        ("Incidents", stateful.incidents),
        ("Timers", stateful.timers),
        ("Outbox", stateful.outbox),
        ("Timeline", stateful.timeline),
    ):
        for kind in ("Read", "Write"):
            bell.alarm(
                f"{name}{kind}sThrottled",
                table.metric(f"{kind}ThrottleEvents", period=MINUTE, statistic="Sum"),
                above=0,
                periods=2,
                says=f"{kind.lower()}s of the table of {name.lower()} are throttled",
            )
    bell.alarm(
        "StepsConflict",
        stateful.incidents.metric("TransactionConflict", period=FIVE_MINUTES, statistic="Sum"),
        above=stage.alarms.conflicts,
        says="steps of incidents stand in each other's way",
    )
    for name, table, operation, says in (
        ("CommitsFail", stateful.incidents, "TransactWriteItems", "DynamoDB fails to commit steps"),
        ("TimerReadsFail", stateful.timers, "Query", "DynamoDB fails to read the timers"),
    ):
        bell.alarm(
            name,
            of_aws("DynamoDB", "SystemErrors", period=MINUTE, TableName=table.table_name, Operation=operation),
            above=0,
            periods=2,
            says=says,
        )


def watch_door(bell: Bell, stage: Stage, service: ServiceStack) -> None:
    """The HTTP API: what it could not answer, and what it refused."""
    api = service.api.http.api_id
    bell.alarm(
        "ApiFails",
        of_aws("ApiGateway", "5xx", period=MINUTE, ApiId=api),
        above=0,
        periods=2,
        says="the API answers with errors: systems cannot post, people cannot acknowledge by link",
    )
    bell.alarm(
        "ApiRefusesMany",
        of_aws("ApiGateway", "4xx", ApiId=api),
        above=stage.alarms.refused_requests,
        says="the API refuses many requests: a caller's mistake, a wrong key, somebody who tries tokens",
    )


def watch_deliveries(bell: Bell, service: ServiceStack) -> None:
    """Schedules and rules: what AWS itself should have called, and did not."""
    bell.alarm(
        "SchedulesDropped",
        of_aws("Scheduler", "InvocationDroppedCount", ScheduleGroup="default"),
        above=0,
        says="EventBridge Scheduler gave up on a tick",
    )
    bell.alarm(
        "SchedulesFail",
        of_aws("Scheduler", "TargetErrorCount", period=MINUTE, ScheduleGroup="default"),
        above=0,
        periods=3,
        says="EventBridge Scheduler cannot call what it should",
    )
    bell.alarm(
        "BusNotDelivered",
        of_aws("Events", "FailedInvocations", RuleName=service.bus_to_events.rule_name),
        above=0,
        says="events that came by the bus did not reach their queue",
    )
    bell.alarm(
        "ReceiptsNotDelivered",
        of_aws("Events", "FailedInvocations", RuleName=service.receipts.rule_name),
        above=0,
        says="receipts of e-mails did not reach the function that enters them",
    )
