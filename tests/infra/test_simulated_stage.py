"""The fault simulation plays the stage that is deployed: its timeouts, its queues, how streams are followed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.instants import SECOND
from torture.cloud import FOLLOWED, WORK
from torture.lambdas import TIMEOUTS

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]

NOT_PLAYED = {"console", "prove_alive", "send_probe"}


def functions(prod: Any) -> dict[str, dict[str, Any]]:
    found = [resource["Properties"] for resource in prod.of_type("AWS::Lambda::Function").values()]
    return {each["Handler"].split(".")[1]: each for each in found}


def mappings(prod: Any) -> dict[str, dict[str, Any]]:
    by_resource = {
        name: resource["Properties"]["Handler"].split(".")[1]
        for name, resource in prod.of_type("AWS::Lambda::Function").items()
    }
    found = [each["Properties"] for each in prod.of_type("AWS::Lambda::EventSourceMapping").values()]
    return {by_resource[each["FunctionName"]["Ref"]]: each for each in found}


def test_functions_time_out_as_deployed(prod: Any) -> None:
    deployed = {name: each["Timeout"] for name, each in functions(prod).items() if name not in NOT_PLAYED}
    assert deployed == TIMEOUTS


def test_queues_deliver_again_as_deployed(prod: Any) -> None:
    queues = {name: each["Properties"] for name, each in prod.of_type("AWS::SQS::Queue").items()}
    for url, (function, visibility, most) in WORK.items():
        mapping = mappings(prod)[function]
        arn = mapping["EventSourceArn"]["Fn::GetAtt"][0]
        assert queues[arn]["VisibilityTimeout"] == visibility, url
        assert queues[arn]["RedrivePolicy"]["maxReceiveCount"] == 5
        assert mapping["BatchSize"] == most


def test_streams_are_followed_as_deployed(prod: Any) -> None:
    for following in FOLLOWED.values():
        mapping = mappings(prod)[following.function]
        assert mapping["MaximumBatchingWindowInSeconds"] * SECOND == following.window
        assert mapping["MaximumRetryAttempts"] == (following.attempts or -1)
        [only] = mapping["FilterCriteria"]["Filters"]
        pattern = json.loads(only["Pattern"])
        assert pattern.pop("eventName") == ["INSERT"]
        rows = pattern.get("dynamodb", {}).get("NewImage", {})
        asked = {name: {kind: held for kind, [held] in value.items()} for name, value in rows.items()}
        assert asked == following.marked
