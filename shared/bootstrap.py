"""The composition root: which adapters a function's world is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.adapters import aws
from shared.adapters.api_keys import SecretApiKeys
from shared.adapters.aws import Clients
from shared.adapters.dynamo_crises import DynamoCrises
from shared.adapters.dynamo_errands import DynamoErrands
from shared.adapters.dynamo_incidents import DynamoIncidents
from shared.adapters.dynamo_keys import Tables
from shared.adapters.dynamo_links import DynamoLinks
from shared.adapters.dynamo_outbox import DynamoOutbox
from shared.adapters.dynamo_quarantine import DynamoQuarantine
from shared.adapters.dynamo_statements import DynamoStatements
from shared.adapters.dynamo_timers import DynamoTimers
from shared.adapters.log_lines import logger as logger  # noqa: PLC0414 - every function has one
from shared.adapters.operations_topic import OperationsTopic
from shared.adapters.policy_store import DynamoPolicies
from shared.adapters.powertools_metrics import PowertoolsMetrics
from shared.adapters.s3_evidence import S3Evidence
from shared.adapters.sealed_heads import S3SealedHeads
from shared.adapters.secret import Secret, front_keys
from shared.adapters.ses_email import SesEmail
from shared.adapters.sns_sms import SnsSms
from shared.adapters.sqs_queue import SqsQueue
from shared.adapters.system_time import SystemTime
from shared.adapters.webhook import Webhook
from shared.application.front_door import FrontDoor
from shared.application.world import World
from shared.domain.instants import MINUTE
from shared.domain.publication import Publication
from shared.ports import Rendered, Time, Words
from shared.settings import Settings, settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from shared.adapters.answer_page import AnswerPages
    from shared.adapters.console_pages import ConsolePages
    from shared.application.console_session import Door
    from shared.application.prove_alive import Watch
    from shared.domain.incident import Incident
    from shared.domain.message import Message
    from shared.domain.policy import Policy
    from shared.ports import SignIn


@cache
def world() -> World:
    """The stage's world. Clients are made when they are first used, so a function pays only for what it calls."""
    return world_of(settings(), aws, SystemTime())


def world_of(stage: Settings, clients: Clients, time: Time) -> World:
    """A world of these settings, over these clients and this clock."""
    tables = Tables(
        incidents=stage.incidents_table,
        timers=stage.timers_table,
        outbox=stage.outbox_table,
        timeline=stage.timeline_table,
    )
    store = clients.dynamodb

    def secret(arn: str) -> Secret:
        return Secret(clients.secrets, arn, time)

    return World(
        time=time,
        incidents=DynamoIncidents(store, tables),
        quarantine=DynamoQuarantine(store, tables),
        timers=DynamoTimers(store, tables),
        outbox=DynamoOutbox(store, tables),
        links=DynamoLinks(store, tables),
        policies=DynamoPolicies(
            store,
            tables,
            time,
            shipped=stage.policy,
            time_scale=stage.time_scale,
            probe_contact=stage.probe_contact,
        ),
        events_queue=SqsQueue(clients.sqs, stage.events_queue_url),
        timers_queue=SqsQueue(clients.sqs, stage.timers_queue_url),
        messages_queue=SqsQueue(clients.sqs, stage.messages_queue_url),
        carriers={
            "sms": SnsSms(clients.sns_once, stage.sms_sender),
            "email": SesEmail(clients.ses_once, stage.email_from, stage.email_configuration_set),
            "webhook": Webhook(secret(stage.webhook_secret_arn), time, local=stage.stage == "local"),
        },
        operations=OperationsTopic(clients.sns, stage.operations_topic_arn),
        metrics=PowertoolsMetrics(),
        words=_Words(stage.site_url),
        api_keys=SecretApiKeys(secret(stage.api_keys_secret_arn)),
        crises=DynamoCrises(store, tables),
        statements=DynamoStatements(store, tables),
        errands=DynamoErrands(store, tables),
        errands_queue=SqsQueue(clients.sqs, stage.errands_queue_url),
        site=_Site(clients.s3, stage.site_bucket, stage.site_url),
        evidence=S3Evidence(clients.s3, stage.evidence_bucket, time),
        sealed_heads=S3SealedHeads(clients.s3, stage.evidence_bucket),
        link_base_url=stage.link_base_url,
        pulse_every=MINUTE // stage.time_scale,
    )


class _Site:
    """The public site; only `run_errands` needs it, and what its pages are made with."""

    def __init__(self, client: Callable[[], S3Client], bucket: str, url: str) -> None:
        self._client = client
        self._bucket = bucket
        self._url = url

    def publish(self, publications: Sequence[Publication]) -> None:
        from shared.adapters.status_site import S3Site  # noqa: PLC0415 - see above

        S3Site(self._client, self._bucket, self._url).publish(publications)


class _Words:
    """What messages say; only `send_message` needs it, and the sheets it is written from."""

    def __init__(self, site_url: str) -> None:
        self._site_url = site_url

    def message(
        self, message: Message, incident: Incident | None, policy: Policy, person: str, link: str | None, now: int
    ) -> Rendered:
        return _templates(self._site_url).message(message, incident, policy, person, link, now)


@cache
def _templates(site_url: str) -> Words:
    from shared.adapters.words import TemplateWords  # noqa: PLC0415 - see above

    return TemplateWords(site_url)


@cache
def front_door() -> FrontDoor:
    """Who may speak to the API: on a stage with CloudFront in front of it, CloudFront alone."""
    stage = settings()
    if not stage.front_secret_arn:
        return FrontDoor(None)
    kept = _secret(stage.front_secret_arn, SystemTime())
    return FrontDoor(lambda: front_keys(kept.value()), urlsplit(stage.required("console_url")).netloc)


@cache
def pages() -> AnswerPages:
    """The pages a link opens; only `respond` needs them, and their templates."""
    from shared.adapters.answer_page import AnswerPages  # noqa: PLC0415 - see above

    return AnswerPages(world().incidents.timeline)


@dataclass(frozen=True)
class Console:
    """What the console has beside the world: who signs in how, and its pages."""

    door: Door
    pages: ConsolePages


@cache
def console() -> Console:
    """The console's own; only `console` needs it, its templates and what signs its cookies."""
    from shared.adapters.console_pages import ConsolePages  # noqa: PLC0415 - see above
    from shared.adapters.console_seal import SignedSeal  # noqa: PLC0415
    from shared.adapters.console_sign_in import CognitoSignIn, KeySignIn  # noqa: PLC0415
    from shared.application.console_session import Door  # noqa: PLC0415

    stage, time = settings(), SystemTime()
    address, domain = stage.required("console_url"), ""
    sign_in: SignIn
    local = stage.required("console_sign_in") == "local"
    if local:
        sign_in = KeySignIn(SecretApiKeys(_secret(stage.required("api_keys_secret_arn"), time)))
    else:
        domain = stage.required("console_cognito_domain")
        pool, client = stage.required("console_user_pool_id"), stage.required("console_client_id")
        sign_in = CognitoSignIn(domain, pool, client, address, time)
    seal = SignedSeal(_secret(stage.required("console_secret_arn"), time), time)
    door = Door(sign_in, seal, by_key=local, secure=address.startswith("https://"))
    return Console(
        door, ConsolePages(uploads_to=_upload_origin(stage.required("evidence_bucket")), signs_out_at=domain)
    )


@cache
def watch() -> Watch:
    """The dead man's switch; only `prove_alive` needs it, and what calls somebody outside."""
    from shared.adapters.outside_heartbeat import OutsideHeartbeat  # noqa: PLC0415 - see above
    from shared.application.prove_alive import Watch  # noqa: PLC0415

    stage = settings()
    secret = _secret(stage.required("heartbeat_secret_arn"), SystemTime())
    heartbeat = OutsideHeartbeat(secret, local=stage.stage == "local")
    return Watch(heartbeat, stage.audit_minutes, stage.probe_minutes)


def has_receipts() -> bool:
    """Whether the stage hears from its e-mail carrier what was delivered."""
    return bool(settings().email_configuration_set)


def _upload_origin(bucket: str) -> str:
    """Where a browser puts evidence: what an allowed upload begins with. Nothing is asked of anybody for it."""
    allowed = urlsplit(aws.s3().generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "any"}))
    return f"{allowed.scheme}://{allowed.netloc}"


def _secret(arn: str, time: SystemTime) -> Secret:
    return Secret(aws.secrets, arn, time)
