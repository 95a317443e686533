"""What every answer to a browser carries, whatever the page: the least it may do with it."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct


def browser_headers(
    scope: Construct,
    construct_id: str,
    *,
    comment: str,
    content_security: str | None = None,
    referrer_final: bool,
    besides: Mapping[str, str] | None = None,
) -> cloudfront.ResponseHeadersPolicy:
    """TLS for a year, no sniffing, no framing, no referrer.

    Args:
        scope: of the construct.
        construct_id: of the construct.
        comment: what the policy is for.
        content_security: a content security policy for all pages; None: each page brings its own.
        referrer_final: whether the referrer policy wins over one that the origin sends.
        besides: more headers, where the origin sends none of that name.
    """
    policy = None
    if content_security is not None:
        policy = cloudfront.ResponseHeadersContentSecurityPolicy(
            content_security_policy=content_security, override=True
        )
    more = [
        cloudfront.ResponseCustomHeader(header=name, value=value, override=False)
        for name, value in (besides or {}).items()
    ]
    return cloudfront.ResponseHeadersPolicy(
        scope,
        construct_id,
        comment=comment,
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=policy,
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, override=True
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=referrer_final
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(365), include_subdomains=False, override=True
            ),
        ),
        custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(custom_headers=more) if more else None,
    )
