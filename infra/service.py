"""What works: queues, bus, functions, API and schedules. Everything in here may be deleted and deployed again."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.api import Api
from infra.function import Workshop
from infra.functions import Functions, Queues
from infra.queues import WorkQueue, dead_letters
from infra.schedules import every_minutes
from infra.sign_in import SignIn
from infra.site import SiteStack
from infra.stages import Stage
from infra.stateful import StatefulStack
from infra.topic import alarm_topic


class ServiceStack(Stack):
    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, stateful: StatefulStack, site: SiteStack
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stage.stack_name("Service"),
            description=f"Tocsin {stage.name}: functions, queues, API and schedules",
            termination_protection=stage.production,
        )
        # By its ARN: what is granted here never reaches back into the stateful stack's key policy.
        self.key = kms.Key.from_key_arn(self, "Key", stateful.key.key_arn)
        self.queues = self._make_queues(stage)
        failures = self.queues.invocation_failures
        self.operations = alarm_topic(self, "Operations", stage=stage, key=self.key, failures=failures)
        self.bus = self._make_bus(stage)
        self.api = Api(self, "Api", stage=stage, key=self.key)
        self.console_url = f"{stage.link_base_url or self.api.url}/console"
        self.workshop = Workshop(
            self,
            "Workshop",
            stage=stage,
            key=self.key,
            environment={
                "TOCSIN_STAGE": stage.name,
                "TOCSIN_POLICY": stage.policy,
                "TOCSIN_TIME_SCALE": str(stage.time_scale),
                "TOCSIN_PROBE_CONTACT": stage.probed_contact,
                "TOCSIN_INCIDENTS_TABLE": stateful.incidents.table_name,
                "TOCSIN_TIMERS_TABLE": stateful.timers.table_name,
                "TOCSIN_OUTBOX_TABLE": stateful.outbox.table_name,
                "TOCSIN_TIMELINE_TABLE": stateful.timeline.table_name,
                "TOCSIN_OPERATIONS_TOPIC_ARN": self.operations.topic_arn,
                "TOCSIN_SITE_URL": site.url,
                "TOCSIN_CONSOLE_URL": self.console_url,
            },
        )
        self.functions = Functions(
            self,
            "Functions",
            workshop=self.workshop,
            data=stateful,
            queues=self.queues,
            operations=self.operations,
            site=site.bucket,
            sign_in=(
                None
                if stateful.people is None
                else SignIn(self, "SignIn", stage=stage, pool=stateful.people, console_url=self.console_url)
            ),
            link_base_url=stage.link_base_url or f"{self.api.url}/l",
            email_configuration_set="" if stage.local else stage.stack_name("Email"),
        )
        # Whatever the method: the functions answer HEAD, and say 405 in the contract's own words.
        for path in ("/v1/events", "/v1/incidents/{id}", "/v1/openapi.json"):
            self.api.route(path, self.functions.intake_api)
        # A link below a short domain of its own is that domain and the token, so that it fits into an SMS.
        for path in ("/l/{token}", "/{token}", "/v1/incidents/{id}/{verb}", "/v1/drills", "/v1/crises"):
            self.api.route(path, self.functions.respond)
        for path in (
            "/v1/drills/{id}",
            "/v1/incidents/{id}/attachments/{sha256}",
            "/v1/incidents/{id}/statements/{rung}/{revision}",
        ):
            self.api.route(path, self.functions.respond)
        for path in ("/console", "/console/{proxy+}"):
            self.api.route(path, self.functions.console)
        self.api.otherwise(self.functions.intake_api)
        for construct, name, minutes in (
            ("SweepEveryMinute", self.functions.sweep_timers, 1),
            ("AuditRegularly", self.functions.audit, stage.audit_minutes),
            ("ProveAliveEveryMinute", self.functions.prove_alive, 1),
            *([("SendProbeRegularly", self.functions.send_probe, stage.probe_minutes)] if stage.probe_minutes else []),
        ):
            every_minutes(
                self,
                construct,
                minutes=minutes,
                target=name.function,
                failures=self.queues.invocation_failures,
                key=self.key,
            )
        self._follow_receipts(stage)
        self._outputs()
        CfnOutput(self, "Policy", value=stage.policy, description="The shipped policy, until another is pushed")
        if stage.probed_contact:
            CfnOutput(self, "ProbeContact", value=stage.probed_contact, description="Whom synthetic complaints page")
        if stage.probe_minutes:
            CfnOutput(self, "ProbeMinutes", value=str(stage.probe_minutes), description="How often there is one")
        CfnOutput(self, "TimeScale", value=str(stage.time_scale), description="How many times the speed")

    def _make_queues(self, stage: Stage) -> Queues:
        def work(construct_id: str, visibility_seconds: int) -> WorkQueue:
            return WorkQueue(self, construct_id, stage=stage, key=self.key, visibility_seconds=visibility_seconds)

        return Queues(
            events=work("Events", 90),
            timers=work("Timers", 60),
            messages=work("Messages", 90),
            errands=work("Errands", 180),
            bus_failures=dead_letters(self, "BusFailures", stage=stage, key=self.key),
            stream_failures=dead_letters(self, "StreamFailures", stage=stage, key=self.key),
            invocation_failures=dead_letters(self, "InvocationFailures", stage=stage, key=self.key),
        )

    def _make_bus(self, stage: Stage) -> events.EventBus:
        """Whatever is put on the bus reaches the queue, valid or not: the intake says what is wrong with it."""
        bus = events.EventBus(self, "Bus", event_bus_name=f"tocsin-{stage.name}")
        self.bus_to_events = events.Rule(
            self,
            "BusToEvents",
            event_bus=bus,
            description="The detail of an entry is the event itself, as the API and the queue take it",
            event_pattern=events.EventPattern(source=events.Match.prefix("")),
            targets=[
                targets.SqsQueue(
                    self.queues.events.queue,
                    message=events.RuleTargetInput.from_event_path("$.detail"),
                    dead_letter_queue=self.queues.bus_failures,
                    retry_attempts=185,
                    max_event_age=Duration.hours(24),
                ),
            ],
        )
        return bus

    def _follow_receipts(self, stage: Stage) -> None:
        """What SES says of a message: delivered, bounced, complained; every e-mail names the stage's set."""
        if not stage.local:  # the emulator sends no such events
            tells = ses.ConfigurationSet(
                self,
                "Email",
                configuration_set_name=stage.stack_name("Email"),
                reputation_metrics=True,
                tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
            )
            tells.add_event_destination(
                "ToTheBus",
                destination=ses.EventDestination.event_bus(
                    events.EventBus.from_event_bus_arn(
                        self,
                        "DefaultBus",
                        f"arn:{Aws.PARTITION}:events:{Aws.REGION}:{Aws.ACCOUNT_ID}:event-bus/default",
                    ),
                ),
                events=[
                    ses.EmailSendingEvent.DELIVERY,
                    ses.EmailSendingEvent.BOUNCE,
                    ses.EmailSendingEvent.COMPLAINT,
                    ses.EmailSendingEvent.REJECT,
                    ses.EmailSendingEvent.DELIVERY_DELAY,
                ],
            )
            CfnOutput(self, "EmailConfigurationSet", value=tells.configuration_set_name)
        # The default bus carries the receipts of every sender of the account: a stage takes those of its own set.
        own = None if stage.local else {"mail": {"tags": {"ses:configuration-set": [stage.stack_name("Email")]}}}
        self.receipts = events.Rule(
            self,
            "EmailReceipts",
            description=f"Delivery of the e-mails of stage {stage.name}",
            event_pattern=events.EventPattern(
                source=["aws.ses"],
                account=[Aws.ACCOUNT_ID],
                detail_type=[
                    "Email Delivered",
                    "Email Bounced",
                    "Email Complaint Received",
                    "Email Rejected",
                    "Email Delivery Delayed",
                ],
                detail=own,
            ),
            targets=[
                targets.LambdaFunction(
                    self.functions.record_delivery.function,
                    dead_letter_queue=self.queues.invocation_failures,
                    retry_attempts=10,
                ),
            ],
        )

    def _outputs(self) -> None:
        queues = self.queues
        for name, value in {
            "ApiUrl": self.api.url,
            "ConsoleUrl": self.console_url,
            "ApiId": self.api.http.api_id,
            "EventBusName": self.bus.event_bus_name,
            "EventsQueueUrl": queues.events.url,
            "TimersQueueUrl": queues.timers.url,
            "MessagesQueueUrl": queues.messages.url,
            "ErrandsQueueUrl": queues.errands.url,
            "EventsDlqUrl": queues.events.dead_letters.queue_url,
            "TimersDlqUrl": queues.timers.dead_letters.queue_url,
            "MessagesDlqUrl": queues.messages.dead_letters.queue_url,
            "ErrandsDlqUrl": queues.errands.dead_letters.queue_url,
            "BusDlqUrl": queues.bus_failures.queue_url,
            "StreamsDlqUrl": queues.stream_failures.queue_url,
            "InvocationsDlqUrl": queues.invocation_failures.queue_url,
            "OperationsTopicArn": self.operations.topic_arn,
        }.items():
            CfnOutput(self, name, value=value)
        for each in self.functions.all:
            CfnOutput(self, camel(each.name) + "Function", value=each.function.function_name)


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
