"""A client of boto3's over the store of the fault simulation: all goes through botocore, as on a wire."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from threading import RLock
from typing import Any

import boto3
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from urllib3 import HTTPResponse

from tests.contract import tables
from torture.aws.dynamodb import VirtualDynamoDB
from torture.aws.shapes import tocsin_tables

KEYS: Mapping[str, Any] = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "x",
    "aws_secret_access_key": "x",
    "config": Config(retries={"total_max_attempts": 1}),
}


def store() -> VirtualDynamoDB:
    """The four tables, empty, by the real clock."""
    return VirtualDynamoDB(tocsin_tables(tables.NAMES), lambda: time.time_ns() // 1_000_000)


def client(over: VirtualDynamoDB) -> Any:
    """A client whose requests do not leave the process; from many threads they are served one by one."""
    made: Any = boto3.client("dynamodb", **KEYS)
    lock = RLock()

    def serve(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        target: Any = request.headers["X-Amz-Target"]
        body: Any = request.body
        asked = _with_bytes(json.loads(body), base64.b64decode)
        with lock:
            return _served(request.url, lambda: getattr(over, xform_name(target.decode().rpartition(".")[2]))(**asked))

    made.meta.events.register("before-send.dynamodb", serve)
    return made


def _served(url: str, call: Callable[[], dict[str, Any]]) -> AWSResponse:
    try:
        answer = call()
    except ClientError as refused:
        said: dict[str, Any] = dict(refused.response)
        error = said.pop("Error")
        answer = {**said, "__type": f"com.amazonaws.dynamodb.v20120810#{error['Code']}", "message": error["Message"]}
    status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
    text = json.dumps(_with_bytes(answer, lambda raw: base64.b64encode(raw).decode())).encode()
    headers = HTTPHeaders.from_dict({"Content-Type": "application/x-amz-json-1.0", "Content-Length": str(len(text))})
    return AWSResponse(url, status, headers, HTTPResponse(BytesIO(text), preload_content=False))


def _with_bytes(found: Any, convert: Callable[[Any], Any]) -> Any:
    """The same with every binary attribute converted; nothing else in a request or an answer is called `B`."""
    if isinstance(found, dict):
        return {
            name: convert(part) if name == "B" and not isinstance(part, dict) else _with_bytes(part, convert)
            for name, part in found.items()
        }
    return [_with_bytes(part, convert) for part in found] if isinstance(found, list) else found
