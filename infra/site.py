"""The public status site: a private bucket that CloudFront alone may read, in a stack of its own.

Of its own, because the address the public knows must outlive every deployment of the rest, and because the bucket
names the distribution and the distribution the bucket. What lies in it can be written again from the publications.
"""

from __future__ import annotations

from typing import Final

from aws_cdk import CfnOutput, Duration, Fn, Stack
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.buckets import log_bucket, private_bucket
from infra.headers import browser_headers
from infra.nag import accept
from infra.stages import Stage
from shared.adapters.site_address import MISSING

CONTENT_SECURITY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script, nothing from elsewhere. Each page narrows it to the hash of its own style, which a header for all pages,
those of earlier releases too, cannot name."""
_SEEN_WITHIN: Final = Duration.seconds(30)
"""How old a page may be that somebody is shown: a statement is for now."""


class SiteStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stage.stack_name("Site"),
            description=f"Tocsin {stage.name}: the public status site",
            termination_protection=stage.production,
        )
        self._stage = stage
        # CloudFront's own: everything in here is public, and a key of ours would be one more way for it to be gone.
        self._logs = self._make_logs()
        self.bucket = private_bucket(
            self,
            "Site",
            stage=stage,
            logs=self._logs,
            encryption=s3.BucketEncryption.S3_MANAGED,
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=Duration.days(365))],
        )
        self.distribution = self._make_distribution()
        CfnOutput(self, "SiteBucket", value=self.bucket.bucket_name)
        CfnOutput(self, "SiteUrl", value=self.url)
        CfnOutput(self, "SiteDomain", value=self.distribution.distribution_domain_name)

    @property
    def url(self) -> str:
        """Without a slash at the end; on the local stage a name that every browser takes for this machine."""
        local = self._stage.endpoint_url
        if local is not None:
            scheme, _, address = local.partition("://")
            label = Fn.select(0, Fn.split(".", self.distribution.distribution_domain_name))
            return f"{scheme}://{label}.cloudfront.localhost:{address.rpartition(':')[2]}"
        return f"https://{self._stage.site_domain or self.distribution.distribution_domain_name}"

    def _make_logs(self) -> s3.Bucket:
        made = log_bucket(self, "Logs", stage=self._stage, by_acl=True)
        accept(made, "AwsSolutions-S1", "Access logs of the bucket of access logs would log themselves.")
        return made

    def _make_distribution(self) -> cloudfront.Distribution:
        stage = self._stage
        made = cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"Tocsin {stage.name}: the public status site",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
                allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
                # The emulator has one port without TLS; a person should still be able to look at it.
                viewer_protocol_policy=(
                    cloudfront.ViewerProtocolPolicy.ALLOW_ALL
                    if stage.local
                    else cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS
                ),
                cache_policy=self._cache(),
                response_headers_policy=browser_headers(
                    self,
                    "Headers",
                    comment="What a browser may do with the status site: show it",
                    content_security=CONTENT_SECURITY,
                    referrer_final=True,
                ),
                compress=True,
            ),
            default_root_object="index.html",
            # Whoever may not list the bucket is answered 403 for a page that is not there.
            error_responses=[
                cloudfront.ErrorResponse(
                    http_status=status,
                    response_http_status=404,
                    response_page_path=f"/{MISSING}",
                    ttl=Duration.seconds(5),
                )
                for status in (403, 404)
            ],
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            price_class=cloudfront.PriceClass.PRICE_CLASS_ALL,
            domain_names=[stage.site_domain] if stage.site_domain else None,
            certificate=(
                certificates.Certificate.from_certificate_arn(self, "Certificate", stage.site_certificate_arn)
                if stage.site_certificate_arn
                else None
            ),
            enable_logging=True,
            log_bucket=self._logs,
            log_file_prefix="viewers/",
            web_acl_id=stage.firewall_arn,
            log_includes_cookies=False,
        )
        accept(made, "AwsSolutions-CFR1", "The public is everywhere; a statement is for whoever looks for it.")
        if stage.firewall_arn is None:
            accept(made, "AwsSolutions-CFR2", "Static files without a query or a body; production has a firewall.")
        if stage.site_domain is None:
            accept(made, "AwsSolutions-CFR4", "CloudFront's own name brings its own floor; a domain brings TLS 1.2.")
        return made

    def _cache(self) -> cloudfront.CachePolicy:
        return cloudfront.CachePolicy(
            self,
            "Cache",
            comment="Files by their path alone, for half a minute",
            min_ttl=Duration.seconds(0),
            default_ttl=_SEEN_WITHIN,
            max_ttl=_SEEN_WITHIN,
            cookie_behavior=cloudfront.CacheCookieBehavior.none(),
            header_behavior=cloudfront.CacheHeaderBehavior.none(),
            query_string_behavior=cloudfront.CacheQueryStringBehavior.none(),
            enable_accept_encoding_brotli=True,
            enable_accept_encoding_gzip=True,
        )
