"""The one factory of Lambda functions: what every one of them has, whoever adds it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import bundle, rights
from infra.nag import accept
from infra.stages import Stage

_PURE_QUEUE_OR_API = (
    "Called by a queue, a stream or the API, never asynchronously: what fails goes to the dead letters of those."
)


class Workshop(Construct):
    """What all functions of a stage share: the layer of dependencies, the key and the common settings."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        key: kms.IKey,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.stage = stage
        self.key = key
        self.environment = environment
        self.runtime = lambda_.Runtime(f"python{stage.runtime.python}", lambda_.RuntimeFamily.PYTHON)
        self.architecture = (
            lambda_.Architecture.ARM_64 if stage.runtime.architecture == "arm64" else lambda_.Architecture.X86_64
        )
        self.dependencies = lambda_.LayerVersion(
            self,
            "Dependencies",
            code=lambda_.Code.from_asset(str(bundle.dependency_layer(stage.runtime))),
            compatible_runtimes=[self.runtime],
            compatible_architectures=[self.architecture],
            description="The locked dependencies of Tocsin's functions",
        )


class TocsinFunction(Construct):
    """`functions/<name>/handler.py` as a Lambda with its own role, log group and settings."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        workshop: Workshop,
        may: Sequence[iam.PolicyStatement],
        description: str,
        environment: Mapping[str, str] | None = None,
        timeout_seconds: int = 30,
        memory_mb: int = 512,
        failures: sqs.IQueue | None = None,
        failure_age_seconds: int = 300,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        stage = workshop.stage
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            retention=retention(stage),
            encryption_key=workshop.key,
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        statements = [
            *may,
            rights.write_logs(self.log_group.log_group_arn),
            rights.use_key(workshop.key),
        ]
        if stage.traced:
            statements.append(rights.trace())
        if failures is not None:
            statements.append(rights.send(failures.queue_arn))
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"rights": iam.PolicyDocument(statements=statements)},
            description=f"What {name} of stage {stage.name} may do",
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=workshop.runtime,
            architecture=workshop.architecture,
            handler=f"functions.{name}.handler.handler",
            code=lambda_.Code.from_asset(str(bundle.function_code(name, stage.runtime))),
            layers=[workshop.dependencies],
            # Its rights are all above: nothing that uses the function adds to them behind our back.
            role=self.role.without_policy_updates(),
            timeout=Duration.seconds(timeout_seconds),
            memory_size=memory_mb,
            log_group=self.log_group,
            # START, END and REPORT of a call that went well are not written: AWS counts calls, errors and durations.
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            # Never above INFO: lines of metrics have no level, and count as that. Powertools keeps the stage's own.
            application_log_level_v2=lambda_.ApplicationLogLevel.DEBUG
            if stage.log_level == "DEBUG"
            else lambda_.ApplicationLogLevel.INFO,
            tracing=lambda_.Tracing.ACTIVE if stage.traced else lambda_.Tracing.DISABLED,
            environment={**_environment(name, stage), **workshop.environment, **(environment or {})},
        )
        if failures is not None:
            lambda_.CfnEventInvokeConfig(
                self,
                "Invocations",
                function_name=self.function.function_name,
                qualifier="$LATEST",
                maximum_retry_attempts=2,
                maximum_event_age_in_seconds=failure_age_seconds,
                destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                    on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=failures.queue_arn),
                ),
            )
        self._accept_findings(asynchronous=failures is not None, stage=stage)

    def consume(self, queue_arn: str, *, batch: int = 10, at_once: int | None = None) -> lambda_.CfnEventSourceMapping:
        """From a queue, record by record: what fails comes back alone."""
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Consumes",
            function_name=self.function.function_name,
            event_source_arn=queue_arn,
            batch_size=batch,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=(
                None
                if at_once is None
                else lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=at_once)
            ),
        )
        accept(
            mapping, "Serverless-LambdaEventSourceMappingDestination", "The queue's own redrive policy keeps failures."
        )
        return mapping

    def follow(
        self,
        stream_arn: str,
        *,
        failures: sqs.IQueue,
        window_seconds: int = 0,
        at_once: int = 10,
        attempts: int = 5,
        age_seconds: int = 3600,
        marked: Mapping[str, Mapping[str, str]] | None = None,
    ) -> lambda_.CfnEventSourceMapping:
        """The inserts of a table, from the oldest that is left: a new deployment skips nothing.

        Args:
            window_seconds: how long inserts are gathered before the function is called.
            at_once: how many calls a shard of the stream may have at the same time.
            attempts: how often a batch is tried, -1: until its records are `age_seconds` old.
            marked: attributes that a row must have, with their values as the table holds them; of any other row the
                function is not told.
        """
        of_rows = {name: {kind: [held] for kind, held in value.items()} for name, value in (marked or {}).items()}
        pattern = {"eventName": ["INSERT"], **({"dynamodb": {"NewImage": of_rows}} if of_rows else {})}
        return lambda_.CfnEventSourceMapping(
            self,
            "Follows",
            function_name=self.function.function_name,
            event_source_arn=stream_arn,
            starting_position="TRIM_HORIZON",
            batch_size=100,
            maximum_batching_window_in_seconds=window_seconds,
            parallelization_factor=at_once,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=attempts,
            maximum_record_age_in_seconds=age_seconds,
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(pattern))],
            ),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=failures.queue_arn),
            ),
        )

    def works_in(self, bucket: s3.Bucket, folder: str = "") -> None:
        """Say that one of its rights is on every object of a folder, by design: objects have no names beforehand."""
        imported = Stack.of(self).resolve(Stack.of(bucket).export_value(bucket.bucket_arn))["Fn::ImportValue"]
        accept(
            self.role, f"AwsSolutions-IAM5[Resource::{imported}/{folder}*]", "Whatever is put into this folder later."
        )

    def _accept_findings(self, *, asynchronous: bool, stage: Stage) -> None:
        for finding in ("AwsSolutions-L1", "Serverless-LambdaLatestVersion"):
            accept(self.function, finding, "One of the versions that `requires-python` names and the tests run on.")
        known = "dynamodb:ListStreams knows no resources"
        if stage.traced:
            known = f"{known}, X-Ray neither"
        if stage.local:
            known = f"{known}; the emulator checks ses:SendEmail against * alone"
        for finding in ("AwsSolutions-IAM5[Resource::*]", "Serverless-LambdaStarPermissions"):
            accept(self.role, finding, f"{known}; nothing else has a wildcard.")
        if not stage.traced:
            accept(
                self.function,
                "Serverless-LambdaTracing",
                "A stage's setting: a trace without spans of our own says no more than the request id and the incident "
                "in every log line, at more than the price of all writes (ADR 74). `-c traced=true` turns it on.",
            )
        accept(
            self.function,
            "Serverless-LambdaDLQ",
            "An asynchronous failure goes to the failure destination, which keeps the reason too."
            if asynchronous
            else _PURE_QUEUE_OR_API,
        )
        if not asynchronous:
            accept(self.function, "Serverless-LambdaAsyncFailureDestination", _PURE_QUEUE_OR_API)


def retention(stage: Stage) -> logs.RetentionDays:
    days = {
        1: logs.RetentionDays.ONE_DAY,
        7: logs.RetentionDays.ONE_WEEK,
        30: logs.RetentionDays.ONE_MONTH,
        365: logs.RetentionDays.ONE_YEAR,
    }
    return days[stage.log_retention_days]


def _environment(name: str, stage: Stage) -> dict[str, str]:
    settings = {
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": stage.metrics_namespace,
        "POWERTOOLS_LOG_LEVEL": stage.log_level,
    }
    if stage.endpoint_url is not None:
        settings["AWS_ENDPOINT_URL"] = stage.endpoint_url
    if stage.ca_bundle is not None:
        settings["AWS_CA_BUNDLE"] = stage.ca_bundle
    return settings
