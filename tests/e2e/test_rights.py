"""The whole way once more with every role's rights enforced, and a call that must be denied."""

from __future__ import annotations

import boto3
import botocore.exceptions
import pytest

from cli.local_stack.stack import LocalStack
from tests.e2e.watching import complaint, eventually, incident, link_in, post, texts

SUPERVISOR = "+8614599990002"


def test_the_product_works_with_no_more_rights_than_it_has(guarded_stack: LocalStack) -> None:
    [taken] = post(guarded_stack, complaint("C-RIGHTS", level="major"))
    [text] = eventually(lambda: texts(guarded_stack, "C-RIGHTS", SUPERVISOR), within=40)
    with guarded_stack.http(timeout=30) as phone:
        assert phone.post(link_in(text), data={"verb": "acknowledge"}).status_code == 200
    assert incident(guarded_stack, taken)["holder"] == "zhang.wei"


def test_no_function_may_change_what_the_timeline_says(guarded_stack: LocalStack) -> None:
    [taken] = post(guarded_stack, complaint("C-DENIED", level="major"))
    eventually(lambda: incident(guarded_stack, taken))
    functions = guarded_stack.client("lambda").list_functions()["Functions"]
    [intake] = [
        function
        for function in functions
        if "Intake" in function["FunctionName"] and "Api" not in function["FunctionName"]
    ]
    role = guarded_stack.client("sts").assume_role(RoleArn=intake["Role"], RoleSessionName="test")["Credentials"]
    as_intake = boto3.client(
        "dynamodb",
        region_name=guarded_stack.region,
        endpoint_url=guarded_stack.endpoint_url,
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
        verify=guarded_stack.emulator.verify,
    )
    table = guarded_stack.outputs["TimelineTable"]
    lines = as_intake.query(
        TableName=table, KeyConditionExpression="PK = :i", ExpressionAttributeValues={":i": {"S": taken}}
    )["Items"]
    assert lines
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        as_intake.delete_item(TableName=table, Key={"PK": lines[0]["PK"], "SK": lines[0]["SK"]})
    still = as_intake.query(
        TableName=table, KeyConditionExpression="PK = :i", ExpressionAttributeValues={":i": {"S": taken}}
    )["Items"]
    assert still[: len(lines)] == lines
