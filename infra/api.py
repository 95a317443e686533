"""The HTTP API: throttled, logged without what must not be logged, callers checked by the functions."""

from __future__ import annotations

import json
from typing import Final

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

PEOPLES_SHARE: Final = 0.5
"""Of the API's rate, each for links and for the console: a flood of guesses must not keep events out."""
STRANGERS_SHARE: Final = 0.1
"""For paths that do not exist."""


class Api(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._limits: dict[str, dict[str, float | bool]] = {}
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
        """Whatever the method; links and console get a share of the API's rate, so that events keep theirs."""
        share = 1.0 if path.startswith("/v1/") else PEOPLES_SHARE
        self._route(apigateway.HttpRouteKey.with_(path, apigateway.HttpMethod.ANY), path, to, share)

    def otherwise(self, to: TocsinFunction) -> None:
        """Where no route fits: somebody has to say so in the contract's own words."""
        self._route(apigateway.HttpRouteKey.DEFAULT, "otherwise", to, STRANGERS_SHARE)

    def _route(self, key: apigateway.HttpRouteKey, name: str, to: TocsinFunction, share: float) -> None:
        route = apigateway.HttpRoute(
            self,
            name,
            http_api=self.http,
            route_key=key,
            integration=integrations.HttpLambdaIntegration(name, to.function),
        )
        if share < 1:
            self._limits[key.key] = {
                "ThrottlingRateLimit": max(1, round(self._stage.api_rate_per_second * share)),
                "ThrottlingBurstLimit": max(1, round(self._stage.api_burst * share)),
                "DetailedMetricsEnabled": True,
            }
            self.entrance.route_settings = self._limits
            self.entrance.node.add_dependency(route)  # a limit for a route that is not there yet is refused
        accept(
            route,
            "AwsSolutions-APIG4",
            "The function checks the caller: an API key per intake system, or a link's own token.",
        )
