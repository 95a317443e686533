"""Clients of AWS, each made when it is first used. Endpoint, region and credentials come from the environment.

They come from botocore itself: what boto3 adds to its clients (resources, managed transfers) nobody here uses, and
importing it is a quarter of what a client costs a cold start.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from botocore.config import Config
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.exceptions import HTTPClientError
from botocore.session import Session, get_session

from shared.adapters import deadline

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_secretsmanager.client import SecretsManagerClient
    from mypy_boto3_sesv2.client import SESV2Client
    from mypy_boto3_sns.client import SNSClient
    from mypy_boto3_sqs.client import SQSClient

_REPEATABLE = Config(
    connect_timeout=1,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 4},
    tcp_keepalive=True,
)
"""For calls that may be repeated: the store, queues, secrets, the operations topic."""
ONCE = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1})
"""For carriers: a send that is repeated behind our back may page somebody twice (I7). All of it ends at a deadline."""


SIGNED = _REPEATABLE.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
"""For S3: a URL that is signed names the bucket's own region. `auto` would name the global endpoint, which redirects
what goes to a young bucket elsewhere, and a redirect breaks the signature. At an IP address it is a path all the same.
"""


class Clients(Protocol):
    """What this module offers to a world."""

    def dynamodb(self) -> DynamoDBClient: ...
    def sqs(self) -> SQSClient: ...
    def s3(self) -> S3Client: ...
    def secrets(self) -> SecretsManagerClient: ...
    def sns(self) -> SNSClient: ...
    def sns_once(self) -> SNSClient: ...
    def ses_once(self) -> SESV2Client: ...


UNREACHABLE = (HTTPClientError, BotoConnectionError)
"""What botocore raises where no answer came: before the call left, or after."""


@cache
def _session() -> Session:
    """One for all clients: what it has read of the models and the environment is read once."""
    return get_session()


@cache
def _client(service: str, config: Config) -> Any:
    made: Any = _session().create_client(service, config=config)
    return deadline.keep(made) if config is ONCE else made


def dynamodb() -> DynamoDBClient:
    """The store."""
    client: DynamoDBClient = _client("dynamodb", _REPEATABLE)
    return client


def sqs() -> SQSClient:
    """Queues."""
    client: SQSClient = _client("sqs", _REPEATABLE)
    return client


def s3() -> S3Client:
    """The status site, and the evidence."""
    client: S3Client = _client("s3", SIGNED)
    return client


def secrets() -> SecretsManagerClient:
    """Secrets."""
    client: SecretsManagerClient = _client("secretsmanager", _REPEATABLE)
    return client


def sns() -> SNSClient:
    """The operations topic."""
    client: SNSClient = _client("sns", _REPEATABLE)
    return client


def sns_once() -> SNSClient:
    """Text messages: each call is made once (I7)."""
    client: SNSClient = _client("sns", ONCE)
    return client


def ses_once() -> SESV2Client:
    """E-mail: each call is made once (I7)."""
    client: SESV2Client = _client("sesv2", ONCE)
    return client
