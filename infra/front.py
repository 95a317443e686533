"""CloudFront before the HTTP API: links, console and API under the short domain, behind the firewall (ADR 79)."""

from __future__ import annotations

from urllib.parse import urlsplit

from aws_cdk import Aws, CfnOutput, Duration, SecretValue, Stack
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from infra.headers import browser_headers
from infra.nag import accept
from infra.service import ServiceStack
from infra.stages import Stage
from infra.stateful import StatefulStack
from shared.application.front_door import SHOWN_IN


class FrontStack(Stack):
    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, stateful: StatefulStack, service: ServiceStack
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stage.stack_name("Front"),
            description=f"Tocsin {stage.name}: the way from the short domain through the firewall to the API",
            termination_protection=stage.production,
        )
        if stage.firewall_arn is None or stage.front_certificate_arn is None or stateful.front_arn is None:
            raise ValueError("firewall_arn, front_certificate_arn: there is no front without them")
        made = cloudfront.Distribution(
            self,
            "Front",
            comment=f"Tocsin {stage.name}: links, console and API",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.HttpOrigin(
                    f"{service.api.http.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}",
                    protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
                    origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
                    read_timeout=Duration.seconds(30),
                    connection_timeout=Duration.seconds(5),
                    # Read by CloudFormation when it deploys; in no template.
                    custom_headers={
                        SHOWN_IN: SecretValue.secrets_manager(stateful.front_arn, json_field="sent").unsafe_unwrap()
                    },
                ),
                allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                # Nothing is kept: a page shows what is so now, to the one who holds its link.
                cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
                # API Gateway answers to its own name alone; the functions are told ours by their settings.
                origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
                # What holds for every page; the functions' own headers, which are narrower, stay.
                response_headers_policy=browser_headers(
                    self,
                    "FrontHeaders",
                    comment="TLS for a year, no sniffing, no framing, nothing kept",
                    referrer_final=False,
                    besides={"Cache-Control": "no-store"},
                ),
                compress=True,
            ),
            domain_names=[urlsplit(stage.link_base_url or "").netloc],
            certificate=certificates.Certificate.from_certificate_arn(self, "Certificate", stage.front_certificate_arn),
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            web_acl_id=stage.firewall_arn,
        )
        accept(made, "AwsSolutions-CFR1", "People on call travel, and intake systems run in clouds.")
        accept(
            made,
            "AwsSolutions-CFR3",
            "A link's token is in the path, which the log cannot leave out (I12); the API logs requests without it.",
        )
        CfnOutput(self, "FrontDomain", value=made.distribution_domain_name)
        CfnOutput(self, "FrontDistributionId", value=made.distribution_id)
