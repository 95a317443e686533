"""The functions: what each is for, what it may do and what wakes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import rights
from infra.function import TocsinFunction, Workshop
from infra.queues import WorkQueue
from infra.rights import may, objects, read_secret, send, table
from infra.sign_in import SignIn
from infra.stateful import StatefulStack
from shared.adapters.dynamo_keys import BORN_SOON

SEALED_EVERY_SECONDS: Final = 60


@dataclass(frozen=True)
class Queues:
    events: WorkQueue
    timers: WorkQueue
    messages: WorkQueue
    errands: WorkQueue
    bus_failures: sqs.Queue
    stream_failures: sqs.Queue
    invocation_failures: sqs.Queue


class Functions(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workshop: Workshop,
        data: StatefulStack,
        queues: Queues,
        operations: sns.Topic,
        site: s3.Bucket,
        sign_in: SignIn | None,
        link_base_url: str,
        email_configuration_set: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._workshop = workshop
        self._data = data
        self._queues = queues
        self._tell_operations = may(("sns:Publish",), operations.topic_arn)
        self.intake_api = self._make_intake_api()
        self.intake = self._make_intake()
        self.sweep_timers = self._make_sweep_timers()
        self.arm_timers = self._make_arm_timers()
        self.fire_timer = self._make_fire_timer()
        self.relay_outbox = self._make_relay_outbox()
        self.send_message = self._make_send_message(link_base_url, email_configuration_set)
        self.record_delivery = self._make_record_delivery()
        self.respond = self._make_respond()
        self.audit = self._make_audit()
        self.run_errands = self._make_run_errands(site)
        self.console = self._make_console(sign_in)
        self.seal_heads = self._make_seal_heads()
        self.prove_alive = self._make_prove_alive()
        self.send_probe = self._make_send_probe(email_configuration_set)
        # A deployment filters the stream only once everybody who writes timers marks them.
        self._arming.node.add_dependency(*(each.function for each in self.all if each is not self.arm_timers))

    @property
    def all(self) -> tuple[TocsinFunction, ...]:
        return (
            *(self.intake_api, self.intake, self.sweep_timers, self.arm_timers, self.fire_timer),
            *(self.relay_outbox, self.send_message, self.record_delivery, self.respond, self.audit),
            *(self.run_errands, self.console, self.seal_heads, self.prove_alive, self.send_probe),
        )

    def _make_intake_api(self) -> TocsinFunction:
        data = self._data
        return TocsinFunction(
            self,
            "IntakeApi",
            name="intake_api",
            workshop=self._workshop,
            description="Takes events over HTTP and tells an incident's state",
            timeout_seconds=15,
            environment={
                "TOCSIN_EVENTS_QUEUE_URL": self._queues.events.url,
                "TOCSIN_API_KEYS_SECRET_ARN": data.api_keys_arn,
                **self._front,
            },
            may=[
                *self._know_the_front(),
                send(self._queues.events.arn),
                read_secret(data.api_keys_arn),
                table(data.incidents, "GetItem"),
                rights.policies(data.incidents, "PutItem"),
                table(data.timeline, "Query"),
                table(data.outbox, "Query"),
            ],
        )

    def _make_intake(self) -> TocsinFunction:
        made = TocsinFunction(
            self,
            "Intake",
            name="intake",
            workshop=self._workshop,
            description="Turns events into incidents with their clocks",
            may=[
                *self._take_events(),
                rights.consume(self._queues.events.arn),
            ],
        )
        made.consume(self._queues.events.arn)
        return made

    def _make_sweep_timers(self) -> TocsinFunction:
        data = self._data
        return TocsinFunction(
            self,
            "SweepTimers",
            name="sweep_timers",
            workshop=self._workshop,
            description="Hands every timer of the next minutes to the queue that fires it",
            timeout_seconds=50,
            failures=self._queues.invocation_failures,
            environment={"TOCSIN_TIMERS_QUEUE_URL": self._queues.timers.url},
            may=[
                table(data.timers, "Query", "PutItem"),
                table(data.incidents, "GetItem", "PutItem"),
                send(self._queues.timers.arn),
            ],
        )

    def _make_arm_timers(self) -> TocsinFunction:
        made = TocsinFunction(
            self,
            "ArmTimers",
            name="arm_timers",
            workshop=self._workshop,
            description="Hands on the timers that are born too late for the sweep",
            environment={"TOCSIN_TIMERS_QUEUE_URL": self._queues.timers.url},
            may=[
                *rights.read_stream(self._data.timers),
                send(self._queues.timers.arn, self._queues.stream_failures.queue_arn),
            ],
        )
        self._arming = made.follow(_stream(self._data.timers), failures=self._queues.stream_failures, marked=BORN_SOON)
        return made

    def _make_fire_timer(self) -> TocsinFunction:
        made = TocsinFunction(
            self,
            "FireTimer",
            name="fire_timer",
            workshop=self._workshop,
            description="Does what a due timer asks for: pages, escalates, reminds",
            timeout_seconds=30,
            may=[
                *self._fire(),
                table(self._data.timers, "GetItem", "UpdateItem"),  # is it pending; how often it failed
                rights.consume(self._queues.timers.arn),
            ],
        )
        made.consume(self._queues.timers.arn)
        return made

    def _make_relay_outbox(self) -> TocsinFunction:
        made = TocsinFunction(
            self,
            "RelayOutbox",
            name="relay_outbox",
            workshop=self._workshop,
            description="Hands each committed message and errand to the queue it is done from",
            environment={
                "TOCSIN_MESSAGES_QUEUE_URL": self._queues.messages.url,
                "TOCSIN_ERRANDS_QUEUE_URL": self._queues.errands.url,
            },
            may=[
                *rights.read_stream(self._data.outbox),
                send(self._queues.messages.arn, self._queues.errands.arn, self._queues.stream_failures.queue_arn),
            ],
        )
        made.follow(_stream(self._data.outbox), failures=self._queues.stream_failures)
        return made

    def _make_send_message(self, link_base_url: str, email_configuration_set: str) -> TocsinFunction:
        data, stage = self._data, self._workshop.stage
        made = TocsinFunction(
            self,
            "SendMessage",
            name="send_message",
            workshop=self._workshop,
            description="Sends one message over one channel, and never blindly again",
            timeout_seconds=30,
            environment={
                "TOCSIN_LINK_BASE_URL": link_base_url,
                "TOCSIN_EMAIL_FROM": stage.email_from,
                "TOCSIN_EMAIL_CONFIGURATION_SET": email_configuration_set,
                "TOCSIN_SMS_SENDER": stage.sms_sender,
                "TOCSIN_WEBHOOK_SECRET_ARN": data.webhook_arn,
            },
            may=[
                table(data.outbox, "GetItem", "PutItem", "UpdateItem"),
                # UpdateItem: storm control counts there. ConditionCheckItem: the fence (I6).
                table(data.incidents, "GetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
                table(data.timers, "PutItem"),
                self._tell_operations,
                rights.send_sms(),
                rights.send_email(stage),
                read_secret(data.webhook_arn),
                rights.consume(self._queues.messages.arn),
            ],
        )
        made.consume(self._queues.messages.arn, at_once=stage.sends_at_once)
        return made

    def _make_record_delivery(self) -> TocsinFunction:
        data = self._data
        return TocsinFunction(
            self,
            "RecordDelivery",
            name="record_delivery",
            workshop=self._workshop,
            description="Writes a carrier's receipt to the message it is about",
            failures=self._queues.invocation_failures,
            failure_age_seconds=21_600,
            may=[
                table(data.outbox, "GetItem", "PutItem", "UpdateItem"),
                table(data.outbox, "Query", index="by_reference"),
                table(data.incidents, "GetItem"),
                rights.policies(data.incidents, "PutItem"),
                self._tell_operations,
            ],
        )

    def _make_respond(self) -> TocsinFunction:
        data = self._data
        made = TocsinFunction(
            self,
            "Respond",
            name="respond",
            workshop=self._workshop,
            description="What people answer: by a page's link, or over the API",
            timeout_seconds=15,
            environment={
                "TOCSIN_API_KEYS_SECRET_ARN": data.api_keys_arn,
                "TOCSIN_EVIDENCE_BUCKET": data.evidence.bucket_name,
                **self._front,
            },
            may=[
                *self._know_the_front(),
                *self._speak_in_a_crisis(),
                read_secret(data.api_keys_arn),
            ],
        )
        made.works_in(data.evidence, "evidence/")
        return made

    def _make_audit(self) -> TocsinFunction:
        data = self._data
        return TocsinFunction(
            self,
            "Audit",
            name="audit",
            workshop=self._workshop,
            description="The second engine: finds what is overdue, stuck or silent, and starts it again",
            timeout_seconds=120,
            failures=self._queues.invocation_failures,
            environment={
                "TOCSIN_TIMERS_QUEUE_URL": self._queues.timers.url,
                "TOCSIN_MESSAGES_QUEUE_URL": self._queues.messages.url,
                "TOCSIN_ERRANDS_QUEUE_URL": self._queues.errands.url,
            },
            may=[
                *self._fire(),
                table(data.incidents, "Query", index="by_next_step"),
                table(data.timers, "Query"),
                table(data.outbox, "Query", index="by_open"),
                send(self._queues.timers.arn, self._queues.messages.arn, self._queues.errands.arn),
            ],
        )

    def _make_run_errands(self, site: s3.Bucket) -> TocsinFunction:
        data = self._data
        made = TocsinFunction(
            self,
            "RunErrands",
            name="run_errands",
            workshop=self._workshop,
            description="Does what a step left to be done outside its incident: publishes, joins, ends drills",
            timeout_seconds=60,
            environment={"TOCSIN_SITE_BUCKET": site.bucket_name},
            may=[
                *self._take_events(),
                rights.policies(data.incidents, "UpdateItem"),  # qualifications that a drill renewed
                table(data.outbox, "GetItem", "UpdateItem"),
                objects(site, "", "PutObject"),
                rights.list_objects(site),  # what is there already is not written again
                self._tell_operations,
                rights.consume(self._queues.errands.arn),
            ],
        )
        made.works_in(site)
        # One by one: each may write the whole site. Several at a time: a statement must not wait behind the complaints
        # that join a crisis everybody talks about. Writers of the site at once converge (ADR 53); joins of one crisis
        # contend for its one item, so that many more of them would only decide anew and come again later.
        made.consume(self._queues.errands.arn, batch=1, at_once=self._workshop.stage.errands_at_once)
        return made

    def _make_console(self, sign_in: SignIn | None) -> TocsinFunction:
        data = self._data
        environment = {
            "TOCSIN_CONSOLE_SECRET_ARN": data.console_arn,
            "TOCSIN_EVIDENCE_BUCKET": data.evidence.bucket_name,
            **self._front,
        }
        if sign_in is None:
            environment |= {"TOCSIN_CONSOLE_SIGN_IN": "local", "TOCSIN_API_KEYS_SECRET_ARN": data.api_keys_arn}
        else:
            environment |= {
                "TOCSIN_CONSOLE_SIGN_IN": "cognito",
                "TOCSIN_CONSOLE_CLIENT_ID": sign_in.client_id,
                "TOCSIN_CONSOLE_COGNITO_DOMAIN": sign_in.url,
                "TOCSIN_CONSOLE_USER_POOL_ID": sign_in.pool_id,
            }
        made = TocsinFunction(
            self,
            "Console",
            name="console",
            workshop=self._workshop,
            description="The crisis room, for people who are signed in",
            timeout_seconds=15,
            environment=environment,
            may=[
                *self._know_the_front(),
                *self._speak_in_a_crisis(),
                read_secret(data.console_arn),
                *([read_secret(data.api_keys_arn)] if sign_in is None else []),
            ],
        )
        made.works_in(data.evidence, "evidence/")
        return made

    def _make_seal_heads(self) -> TocsinFunction:
        data = self._data
        made = TocsinFunction(
            self,
            "SealHeads",
            name="seal_heads",
            workshop=self._workshop,
            description="Copies the heads of the timelines to write-once storage",
            environment={"TOCSIN_EVIDENCE_BUCKET": data.evidence.bucket_name},
            may=[
                *rights.read_stream(data.timeline),
                objects(data.evidence, "heads/", "PutObject"),
                send(self._queues.stream_failures.queue_arn),
            ],
        )
        made.works_in(data.evidence, "heads/")
        # Gathered, so that an incident that moves much is sealed once a minute; tried until the stream forgets it.
        made.follow(
            _stream(data.timeline),
            failures=self._queues.stream_failures,
            window_seconds=SEALED_EVERY_SECONDS,
            at_once=1,
            attempts=-1,
            age_seconds=21_600,
        )
        return made

    def _make_prove_alive(self) -> TocsinFunction:
        data, stage = self._data, self._workshop.stage
        return TocsinFunction(
            self,
            "ProveAlive",
            name="prove_alive",
            workshop=self._workshop,
            description="Tells somebody outside that the whole pager lives, and nobody when it does not",
            timeout_seconds=20,
            failures=self._queues.invocation_failures,
            environment={
                "TOCSIN_HEARTBEAT_SECRET_ARN": data.heartbeat_arn,
                "TOCSIN_AUDIT_MINUTES": str(stage.audit_minutes),
                "TOCSIN_PROBE_MINUTES": str(stage.probe_minutes or 0),
            },
            may=[
                table(data.incidents, "GetItem"),
                read_secret(data.heartbeat_arn),
            ],
        )

    def _make_send_probe(self, email_configuration_set: str) -> TocsinFunction:
        data = self._data
        return TocsinFunction(
            self,
            "SendProbe",
            name="send_probe",
            workshop=self._workshop,
            description="Hands in a synthetic complaint and looks at what became of the one before",
            failures=self._queues.invocation_failures,
            environment={
                "TOCSIN_EVENTS_QUEUE_URL": self._queues.events.url,
                "TOCSIN_EMAIL_CONFIGURATION_SET": email_configuration_set,
            },
            may=[
                send(self._queues.events.arn),
                table(data.incidents, "GetItem", "PutItem"),  # the policy, and the sign of life
                table(data.outbox, "Query"),
            ],
        )

    @property
    def _front(self) -> dict[str, str]:
        """On a stage with CloudFront before the API: where the key lies by which a function knows it."""
        arn = self._data.front_arn
        return {} if arn is None else {"TOCSIN_FRONT_SECRET_ARN": arn}

    def _know_the_front(self) -> list[rights.Right]:
        arn = self._data.front_arn
        return [] if arn is None else [read_secret(arn)]

    def _speak_in_a_crisis(self) -> list[rights.Right]:
        """What a signed-in person says and sees: an incident, its room, its evidence; a drill, which is an opening."""
        data = self._data
        return [
            *self._take_events(),
            table(data.outbox, "Query"),
            # For the signer's role: the browser puts the file itself, by a signature of these rights.
            objects(data.evidence, "evidence/", "PutObject", "GetObject"),
            rights.list_objects(data.evidence),
        ]

    def _take_events(self) -> list[rights.Right]:
        """Take an event on an incident that is there or not yet."""
        data = self._data
        return [
            *self._decide_and_commit(),
            # An opening checks that nothing was early, takes along what was, and asks for a crisis about its matter.
            # Query: which are, which are on, what is public. DeleteItem: also the row that says that one is on.
            table(data.incidents, "ConditionCheckItem", "DeleteItem", "Query"),
            table(data.timeline, "Query"),
        ]

    def _fire(self) -> list[rights.Right]:
        """Take an incident's step, put early events aside, gather a digest; set aside what cannot be fired."""
        data = self._data
        return [
            *self._decide_and_commit(),
            # Query: what storm control held, and what is parked. DeleteItem: early events, and what is parked no more.
            table(data.incidents, "Query", "DeleteItem"),
            table(data.outbox, "GetItem", "UpdateItem"),
            self._tell_operations,
        ]

    def _decide_and_commit(self) -> list[rights.Right]:
        """Load an incident, decide, commit the incident, its timers, its messages and its timeline at once."""
        data = self._data
        return [
            table(data.incidents, "GetItem", "PutItem"),
            table(data.timers, "PutItem", "DeleteItem"),
            table(data.outbox, "PutItem"),
            table(data.timeline, "PutItem"),
        ]


def _stream(of: dynamodb.Table) -> str:
    arn = of.table_stream_arn
    if arn is None:
        raise ValueError(f"{of.node.path} has no stream")
    return arn
