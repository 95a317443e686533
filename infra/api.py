"""The HTTP API: throttled, logged without what must not be logged, callers checked by the functions."""

from __future__ import annotations

import json

from aws_cdk import Fn, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.function import TocsinFunction, retention
from infra.nag import accept
from infra.stages import Stage

_LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",  # never the path: a link's token is in it
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "error": "$context.integrationErrorMessage",
}


class Api(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.http = apigateway.HttpApi(self, "Http", api_name=f"tocsin-{stage.name}", create_default_stage=False)
        log_group = logs.LogGroup(
            self,
            "AccessLogs",
            retention=retention(stage),
            encryption_key=key,
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        self.entrance = apigateway.CfnStage(
            self,
            "Entrance",
            api_id=self.http.api_id,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log_group.log_group_arn,
                format=json.dumps(_LOGGED),
            ),
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=stage.api_rate_per_second,
                throttling_burst_limit=stage.api_burst,
                detailed_metrics_enabled=True,
            ),
        )

    @property
    def url(self) -> str:
        """Without a slash at the end. The emulator's host names do not resolve, so there it is the path form."""
        if self._stage.local and self._stage.endpoint_url is not None:
            return Fn.join("/", [self._stage.endpoint_url, "_aws", "execute-api", self.http.api_id, "$default"])
        return self.http.api_endpoint

    def route(self, path: str, to: TocsinFunction) -> None:
        self._route(apigateway.HttpRouteKey.with_(path, apigateway.HttpMethod.ANY), path, to)

    def otherwise(self, to: TocsinFunction) -> None:
        """Where no route fits: somebody has to say so in the contract's own words."""
        self._route(apigateway.HttpRouteKey.DEFAULT, "otherwise", to)

    def _route(self, key: apigateway.HttpRouteKey, name: str, to: TocsinFunction) -> None:
        route = apigateway.HttpRoute(
            self,
            name,
            http_api=self.http,
            route_key=key,
            integration=integrations.HttpLambdaIntegration(name, to.function),
        )
        accept(
            route,
            "AwsSolutions-APIG4",
            "The function checks the caller: an API key per intake system, or a link's own token.",
        )
