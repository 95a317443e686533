"""The firewall before what the public reaches, in the one region CloudFront looks for it in (ADR 79).

It must never decide whether a complaint arrives: what looks into bodies counts, and does not block.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from aws_cdk import ArnFormat, CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.alarms import Bell
from infra.counted import of_aws
from infra.function import retention
from infra.nag import accept
from infra.stages import EDGE_REGION, Stage
from infra.topic import alarm_topic

WINDOW_SECONDS: Final = 300
PEOPLE: Final = "People"
ANYTHING: Final = "Anything"
PEOPLE_IN_WINDOW: Final = 6_000
"""From one address to links and console: 80 people of one office whose crisis room asks every 4 s."""
ANYTHING_IN_WINDOW: Final = 30_000
"""From one address to anything: an intake system's storm of complaints, a mobile carrier's readers of the site."""
COUNTED: Final = {
    "AWSManagedRulesCommonRuleSet": (
        "SizeRestrictions_BODY",
        "CrossSiteScripting_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "EC2MetaDataSSRF_BODY",
        "NoUserAgent_HEADER",
    ),
    "AWSManagedRulesKnownBadInputsRuleSet": (
        "JavaDeserializationRCE_BODY",
        "Log4JRCE_BODY",
        "ReactJSRCE_BODY",
    ),
    "AWSManagedRulesAmazonIpReputationList": (),
}
"""AWS's rule groups, and the rules of each that only count: a customer may write anything, and in any length."""


class FirewallStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stage.stack_name("Firewall"),
            description=f"Tocsin {stage.name}: the firewall before the status site and the API",
            termination_protection=stage.production,
            env=Environment(region=EDGE_REGION),
        )
        name = f"tocsin-{stage.name}"  # of its figures; a name of its own would have each change of it replace the ACL
        groups = [_group(number, name, counted) for number, (name, counted) in enumerate(COUNTED.items())]
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow=waf.CfnWebACL.AllowActionProperty()),
            description=f"Tocsin {stage.name}: what the public reaches",
            rules=[
                *groups,
                _rate(len(groups), PEOPLE, PEOPLE_IN_WINDOW, _to_links_and_console(stage)),
                _rate(len(groups) + 1, ANYTHING, ANYTHING_IN_WINDOW, None),
            ],
            visibility_config=_seen(name),
        )
        self._log(stage)
        self._watch(stage, name)
        CfnOutput(self, "FirewallArn", value=self.acl.attr_arn, description="The stage's setting firewall_arn")

    def _watch(self, stage: Stage, acl: str) -> None:
        """What it blocks: its figures are in this region alone, so alarms and their topic are too."""
        topic = alarm_topic(self, "Operations", stage=stage)
        accept(
            topic,
            "AwsSolutions-SNS2",
            "Names of alarms and counts. The stage's key is in another region, and AWS's own lets no alarm publish.",
        )
        accept(
            topic,
            "Serverless-SNSRedrivePolicy",
            "A letter about the firewall that AWS cannot deliver is not worth a queue; the alarm stays on to be seen.",
        )
        CfnOutput(self, "FirewallTopicArn", value=topic.topic_arn, description="Who hears the firewall's alarms")
        bell = Bell(self, stage=stage, topic=topic)
        for alarm, rule, most, says in (
            ("FirewallBlocks", "ALL", stage.alarms.blocked_requests, "the firewall blocks many requests"),
            ("FirewallSlowsPeople", PEOPLE, 0, "an address asks links and console for more than a person would"),
            ("FirewallSlowsAnybody", ANYTHING, 0, "an address asks so much that the firewall makes it wait"),
        ):
            bell.alarm(alarm, of_aws("WAFV2", "BlockedRequests", WebACL=acl, Rule=rule), above=most, says=says)

    def _log(self, stage: Stage) -> None:
        """What was blocked: by which rule, and from where; without what a path, a query or a header may tell (I12)."""
        kept = logs.LogGroup(
            self,
            "Blocked",
            log_group_name=f"aws-waf-logs-tocsin-{stage.name}",  # WAF writes to names of this beginning alone
            retention=retention(stage),
            removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
        )
        told = waf.CfnLoggingConfiguration.FieldToMatchProperty
        waf.CfnLoggingConfiguration(
            self,
            "Log",
            resource_arn=self.acl.attr_arn,
            # WAF refuses the `:*` that the log group's own ARN ends with.
            log_destination_configs=[
                self.format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=kept.log_group_name,
                    arn_format=ArnFormat.COLON_RESOURCE_NAME,
                )
            ],
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}],
                        "Requirement": "MEETS_ANY",
                    }
                ],
            },
            redacted_fields=[
                told(uri_path={}),
                told(query_string={}),
                *(told(single_header={"Name": name}) for name in ("authorization", "x-api-key", "cookie", "referer")),
            ],
        )


def _group(priority: int, name: str, counted: tuple[str, ...]) -> waf.CfnWebACL.RuleProperty:
    """One of AWS's rule groups."""
    count = waf.CfnWebACL.RuleActionProperty(count=waf.CfnWebACL.CountActionProperty())
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=[
                    waf.CfnWebACL.RuleActionOverrideProperty(name=each, action_to_use=count) for each in counted
                ],
            ),
        ),
        visibility_config=_seen(name),
    )


def _rate(
    priority: int, name: str, limit: int, only: waf.CfnWebACL.StatementProperty | None
) -> waf.CfnWebACL.RuleProperty:
    """So many requests from one address in five minutes; the rest are blocked until it asks less."""
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        action=waf.CfnWebACL.RuleActionProperty(
            block=waf.CfnWebACL.BlockActionProperty(
                custom_response=waf.CfnWebACL.CustomResponseProperty(
                    response_code=429,
                    response_headers=[
                        waf.CfnWebACL.CustomHTTPHeaderProperty(name="Retry-After", value=str(WINDOW_SECONDS))
                    ],
                )
            )
        ),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP",
                limit=limit,
                evaluation_window_sec=WINDOW_SECONDS,
                scope_down_statement=only,
            ),
        ),
        visibility_config=_seen(name),
    )


def _to_links_and_console(stage: Stage) -> waf.CfnWebACL.StatementProperty:
    """Whatever is asked of the links' domain that is not the API."""
    host = urlsplit(stage.link_base_url or "").netloc
    if not host:
        raise ValueError("link_base_url: the firewall tells links from the status site by their domain")
    api = _matches(waf.CfnWebACL.FieldToMatchProperty(uri_path={}), "/v1/", "STARTS_WITH")
    domain = _matches(waf.CfnWebACL.FieldToMatchProperty(single_header={"Name": "host"}), host, "EXACTLY")
    return waf.CfnWebACL.StatementProperty(
        and_statement=waf.CfnWebACL.AndStatementProperty(
            statements=[
                domain,
                waf.CfnWebACL.StatementProperty(not_statement=waf.CfnWebACL.NotStatementProperty(statement=api)),
            ]
        )
    )


def _matches(field: waf.CfnWebACL.FieldToMatchProperty, text: str, where: str) -> waf.CfnWebACL.StatementProperty:
    return waf.CfnWebACL.StatementProperty(
        byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=field,
            positional_constraint=where,
            search_string=text,
            text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="LOWERCASE")],
        )
    )


def _seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """A metric, and no samples: they show whole paths, and a path may be a link's token."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
