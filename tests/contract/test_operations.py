"""Alerts reach whoever subscribed to the topic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.operations_topic import OperationsTopic
from shared.ports import UnavailableError


@pytest.fixture
def cloud() -> Iterator[tuple[Any, Any]]:
    with mock_aws():
        yield boto3.client("sns", region_name="eu-central-1"), boto3.client("sqs", region_name="eu-central-1")


def test_an_alert_reaches_them_whatever_its_subject_holds(cloud: tuple[Any, Any]) -> None:
    sns, sqs = cloud
    topic = sns.create_topic(Name="operations")["TopicArn"]
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    OperationsTopic(lambda: sns, topic).alert("投诉\nC-1 was not answered " + "x" * 200, "Nobody is reachable.")

    body = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert body["Subject"].startswith("Tocsin: ?? C-1 was not answered xxx")
    assert len(body["Subject"]) < 100
    assert body["Message"].startswith("投诉 C-1 was not answered")
    assert body["Message"].endswith("Nobody is reachable.")


def test_a_topic_that_does_not_take_it_says_so(cloud: tuple[Any, Any]) -> None:
    sns, _ = cloud

    with pytest.raises(UnavailableError):
        OperationsTopic(lambda: sns, "arn:aws:sns:eu-central-1:123456789012:gone").alert("a", "b")
