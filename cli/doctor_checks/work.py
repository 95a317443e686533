"""Queues, tables and alarms: does the stage do its work, and would somebody hear if it did not?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cli.doctor_checks.patient import Patient
from cli.health import work
from cli.health.diagnosis import Diagnosis
from cli.stage_world import world_over
from shared.application.prove_alive import Watch, silent_parts
from shared.domain.instants import MINUTE

_LATE = 2 * MINUTE
_STUCK = 5 * MINUTE
_LOOKED_AT = 100


def dead_letters(patient: Patient) -> Iterator[Diagnosis]:
    """What failed for good."""
    sqs, waiting = patient.client("sqs"), {}
    for name, url in patient.outputs_ending("DlqUrl").items():
        said = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
        waiting[name] = int(said.get("ApproximateNumberOfMessages", 0))
    yield from work.dead_letters(waiting)


def quarantined(patient: Patient) -> Iterator[Diagnosis]:
    """Events that wait for a person."""
    found = patient.deployment.quarantine().list(_LOOKED_AT)
    reasons = Counter(each.reason for each in found)
    yield from work.quarantined(reasons, all_of_them=len(found) < _LOOKED_AT)


def parked(patient: Patient) -> Iterator[Diagnosis]:
    """Timers set aside."""
    yield from work.parked(Counter(timer.kind for timer in patient.timers.parked))


def late(patient: Patient) -> Iterator[Diagnosis]:
    """Incidents whose step did not come; messages and errands that are stuck."""
    silent = patient.deployment.incidents().silent(patient.now - _LATE, _LOOKED_AT)
    messages = patient.outbox.stuck(patient.now - _STUCK, _LOOKED_AT)
    errands = patient.errands.stuck(patient.now - _STUCK, _LOOKED_AT)
    yield from work.late(silent, len(messages), len(errands))


def signs_of_life(patient: Patient) -> Iterator[Diagnosis]:
    """What the dead man's switch looks at, asked here."""
    stage = patient.stage
    watch = Watch(_Nobody(), stage.audit_minutes, stage.probe_minutes or 0)
    yield from work.signs_of_life(silent_parts(world_over(patient.deployment), watch))


def probe(patient: Patient) -> Iterator[Diagnosis]:
    """Whether the stage hands in synthetic complaints, and the policy has somewhere for them to go."""
    yield from work.probe(
        runs=bool(patient.deployment.outputs.get("ProbeMinutes")),
        has_contact=patient.policy[1].probe is not None,
        production=patient.production,
        local=patient.stage.local,
    )


def heartbeat(patient: Patient) -> Iterator[Diagnosis]:
    """Whether somebody outside listens; the URL is a secret and stays one."""
    arn = patient.deployment.outputs["HeartbeatSecretArn"]
    said = json.loads(patient.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    yield from work.heartbeat(bool(said.get("url")), production=patient.production)


def alarms(patient: Patient) -> Iterator[Diagnosis]:
    """Alarms that are on."""
    places = {"Monitoring": patient.client} | ({"Firewall": patient.deployment.edge} if patient.production else {})
    states: dict[str, str] = {}
    for kind, client in places.items():
        prefix = patient.stage.stack_name(kind)
        for page in client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix):
            states |= {
                each["AlarmName"].removeprefix(f"{prefix}-"): each["StateValue"] for each in page["MetricAlarms"]
            }
    yield from work.alarms(sorted(name for name, state in states.items() if state == "ALARM"), len(states))


def subscriptions(patient: Patient) -> Iterator[Diagnosis]:
    """Who hears them; their addresses are not shown (I12)."""
    confirmed, pending = _listeners(patient.client("sns"), patient.deployment.output("OperationsTopicArn"))
    yield from work.subscriptions(confirmed, pending, production=patient.production)


def firewall_subscriptions(patient: Patient) -> Iterator[Diagnosis]:
    """Who hears the alarms of the firewall, which stand in another region, on a topic of their own."""
    topic = patient.deployment.outputs.get("FirewallTopicArn")
    if topic is not None:  # else its stack is not there, which another check says
        confirmed, pending = _listeners(patient.deployment.edge("sns"), topic)
        yield from work.subscriptions(confirmed, pending, production=patient.production, area="firewall topic")


def _listeners(sns: Any, topic: str) -> tuple[int, int]:
    """How many subscriptions are confirmed, and how many wait for it."""
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    arns = [str(each["SubscriptionArn"]) for page in pages for each in page["Subscriptions"]]
    confirmed = sum(arn.startswith("arn:") for arn in arns)
    return confirmed, len(arns) - confirmed


class _Nobody:
    """Whoever looks only is not the one who tells the world outside that the pager lives."""

    def beat(self) -> bool:
        return False
