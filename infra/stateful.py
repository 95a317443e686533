"""What must outlive every deployment: tables, evidence, accounts, the key they are encrypted with, and secrets."""

from __future__ import annotations

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.buckets import console_origin, evidence_bucket, log_bucket
from infra.nag import accept
from infra.sign_in import people_pool
from infra.stages import Stage

_TEXT = dynamodb.AttributeType.STRING
_NUMBER = dynamodb.AttributeType.NUMBER
_KEYS = dynamodb.ProjectionType.KEYS_ONLY


class StatefulStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stage.stack_name("Stateful"),
            description=f"Tocsin {stage.name}: tables, evidence, accounts, key and secrets",
            termination_protection=stage.production,
        )
        self._stage = stage
        self._removal = RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY
        self.key = self._make_key()

        self.incidents = self._table("Incidents", expires=True)
        self.incidents.add_global_secondary_index(
            index_name="by_next_step",
            partition_key=dynamodb.Attribute(name="next_shard", type=_TEXT),
            sort_key=dynamodb.Attribute(name="next_step_at", type=_NUMBER),
            projection_type=_KEYS,
        )
        self.incidents.add_global_secondary_index(
            index_name="quarantine",
            partition_key=dynamodb.Attribute(name="q_pk", type=_TEXT),
            sort_key=dynamodb.Attribute(name="q_at", type=_TEXT),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        self.timers = self._table("Timers", streamed=True)
        self.outbox = self._table("Outbox", streamed=True, expires=True)
        self.outbox.add_global_secondary_index(
            index_name="by_reference",
            partition_key=dynamodb.Attribute(name="reference", type=_TEXT),
            projection_type=_KEYS,
        )
        self.outbox.add_global_secondary_index(
            index_name="by_open",
            partition_key=dynamodb.Attribute(name="open_shard", type=_TEXT),
            sort_key=dynamodb.Attribute(name="open_since", type=_NUMBER),
            projection_type=_KEYS,
        )
        self.timeline = self._table("Timeline", streamed=True, expires=True, resource_policy=_append_only())
        access_logs = log_bucket(self, "AccessLogs", stage=stage)
        accept(access_logs, "AwsSolutions-S1", "Access logs of the bucket of access logs would log themselves.")
        self.evidence = evidence_bucket(
            self, "Evidence", stage=stage, key=self.key, logs=access_logs, console_origin=console_origin(stage)
        )
        self.people = None if stage.local else people_pool(self, "People", stage=stage)

        self.api_keys = secrets.Secret(
            self,
            "ApiKeys",
            description="The hashes of the keys intake systems call the API with",
            encryption_key=self.key,
            # Filled by an operator, not by the deployment.
            secret_string_value=SecretValue.unsafe_plain_text('{"keys": []}'),
            removal_policy=self._removal,
        )
        self.webhook = secrets.Secret(
            self,
            "Webhook",
            description="Signs what Tocsin posts to webhooks",
            encryption_key=self.key,
            generate_secret_string=secrets.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=self._removal,
        )
        self.console = secrets.Secret(
            self,
            "Console",
            description="The keys that sign the sessions of the console, the newest last",
            encryption_key=self.key,
            # Filled and rotated by an operator (`tocsin keys rotate console`): without a key nobody is signed in.
            secret_string_value=SecretValue.unsafe_plain_text('{"keys": []}'),
            removal_policy=self._removal,
        )
        self.heartbeat = secrets.Secret(
            self,
            "Heartbeat",
            description="Where somebody outside hears every minute that the pager lives",
            encryption_key=self.key,
            # Filled by an operator: whoever knows the URL can play alive.
            secret_string_value=SecretValue.unsafe_plain_text('{"url": ""}'),
            removal_policy=self._removal,
        )
        self.front = self._make_front_key() if stage.production else None
        for secret in (self.api_keys, self.webhook, self.heartbeat):
            accept(
                secret,
                "AwsSolutions-SMG4",
                "The other party holds the same secret: it is changed together with them, by an operator.",
            )
        accept(
            self.console,
            "AwsSolutions-SMG4",
            "Two keys live side by side, so that nobody in a crisis is signed out; an operator adds and removes them.",
        )
        # By attribute: the emulator's Ref of a secret is its name and not its ARN.
        self.api_keys_arn = _arn(self.api_keys)
        self.webhook_arn = _arn(self.webhook)
        self.console_arn = _arn(self.console)
        self.heartbeat_arn = _arn(self.heartbeat)
        self.front_arn = None if self.front is None else _arn(self.front)
        self._outputs()

    def _make_front_key(self) -> secrets.Secret:
        made = secrets.Secret(
            self,
            "Front",
            description="The key by which the API knows that CloudFront and its firewall were passed",
            encryption_key=self.key,
            generate_secret_string=secrets.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - the rest is generated
                generate_string_key="sent",
                password_length=64,
                exclude_punctuation=True,
            ),
            removal_policy=self._removal,
        )
        accept(made, "AwsSolutions-SMG4", "CloudFront shows it: `tocsin keys rotate front` changes both sides.")
        return made

    def _make_key(self) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            description=f"Tocsin {self._stage.name}: everything at rest",
            enable_key_rotation=True,
            removal_policy=self._removal,
            pending_window=Duration.days(30 if self._stage.production else 7),
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroupsOfThisAccount",
                principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")],
                actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": (
                            f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
                        ),
                    },
                },
            ),
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EventsAlarmsAndTopicsOfThisAccount",
                principals=[
                    iam.ServicePrincipal(f"{service}.amazonaws.com") for service in ("cloudwatch", "events", "sns")
                ],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
        )
        return key

    def _table(
        self,
        construct_id: str,
        *,
        streamed: bool = False,
        expires: bool = False,
        resource_policy: iam.PolicyDocument | None = None,
    ) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            construct_id,
            partition_key=dynamodb.Attribute(name="PK", type=_TEXT),
            sort_key=dynamodb.Attribute(name="SK", type=_TEXT),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True,
            ),
            stream=dynamodb.StreamViewType.NEW_IMAGE if streamed else None,
            time_to_live_attribute="ttl" if expires else None,
            deletion_protection=self._stage.retain_data,
            removal_policy=self._removal,
            resource_policy=resource_policy,
        )

    def _outputs(self) -> None:
        for name, value in {
            "IncidentsTable": self.incidents.table_name,
            "TimersTable": self.timers.table_name,
            "OutboxTable": self.outbox.table_name,
            "TimelineTable": self.timeline.table_name,
            "ApiKeysSecretArn": self.api_keys_arn,
            "WebhookSecretArn": self.webhook_arn,
            "ConsoleSecretArn": self.console_arn,
            "HeartbeatSecretArn": self.heartbeat_arn,
            "EvidenceBucket": self.evidence.bucket_name,
            "KeyArn": self.key.key_arn,
        }.items():
            CfnOutput(self, name, value=value)
        if self.front_arn is not None:
            CfnOutput(self, "FrontSecretArn", value=self.front_arn)
        if self.people is not None:
            CfnOutput(self, "PeoplePoolId", value=self.people.user_pool_id)


def _arn(secret: secrets.Secret) -> str:
    resource = secret.node.default_child
    if not isinstance(resource, secrets.CfnSecret):
        raise TypeError(f"{secret.node.path} is no secret of this stack")
    return resource.attr_id


def _append_only() -> iam.PolicyDocument:
    """Nobody changes or removes an entry of the timeline, whatever their role says: the chain is evidence."""
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                sid="AppendOnly",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=[
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:BatchWriteItem",
                    "dynamodb:PartiQLUpdate",
                    "dynamodb:PartiQLDelete",
                ],
                resources=["*"],
            ),
        ],
    )
