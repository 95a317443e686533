"""What the public reaches on production: through CloudFront and its firewall, and in no other way (ADR 79)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from infra import stages
from infra.api import PEOPLES_SHARE, STRANGERS_SHARE
from infra.firewall import ANYTHING_IN_WINDOW, PEOPLE_IN_WINDOW
from shared.application.front_door import SHOWN_IN

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]


def acl(prod: Any) -> dict[str, Any]:
    [found] = prod.of_type("AWS::WAFv2::WebACL").values()
    return dict(found["Properties"])


def front(prod: Any) -> dict[str, Any]:
    [found] = prod.of_type("AWS::CloudFront::Distribution", "Front").values()
    return dict(found["Properties"]["DistributionConfig"])


def test_every_distribution_of_production_names_the_firewall(prod: Any) -> None:
    found = prod.of_type("AWS::CloudFront::Distribution")
    assert len(found) == 2  # the status site, and the API with its pages
    for each in found.values():
        assert each["Properties"]["DistributionConfig"]["WebACLId"] == stages.prod().firewall_arn


def test_production_is_refused_without_a_firewall() -> None:
    for setting in ("firewall_arn", "front_certificate_arn"):
        with pytest.raises(ValidationError, match=setting):
            stages.Stage.model_validate({**stages.prod().model_dump(), setting: None})
    elsewhere = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/Acl/1"
    with pytest.raises(ValidationError, match="firewall_arn"):
        stages.choose("prod", {"firewall_arn": elsewhere})


def test_the_firewall_has_the_rules_of_aws_and_limits_by_address(prod: Any) -> None:
    rules = {rule["Name"]: rule for rule in acl(prod)["Rules"]}
    groups = {name for name, rule in rules.items() if "ManagedRuleGroupStatement" in rule["Statement"]}
    assert groups == {
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesAmazonIpReputationList",
    }
    assert all(rules[name]["OverrideAction"] == {"None": {}} for name in groups)
    rates = {name: rules[name]["Statement"]["RateBasedStatement"] for name in set(rules) - groups}
    assert {name: rate["Limit"] for name, rate in rates.items()} == {
        "People": PEOPLE_IN_WINDOW,
        "Anything": ANYTHING_IN_WINDOW,
    }
    assert {rate["AggregateKeyType"] for rate in rates.values()} == {"IP"}
    assert all(rules[name]["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 429 for name in rates)
    assert sorted(rule["Priority"] for rule in rules.values()) == list(range(len(rules)))
    assert acl(prod)["Scope"] == "CLOUDFRONT"


def test_what_the_firewall_blocks_is_an_alarm_where_its_figures_are(prod: Any) -> None:
    assert prod.regions["Firewall"] == "us-east-1"
    alarms = [each["Properties"] for each in prod.of_type("AWS::CloudWatch::Alarm", "Firewall").values()]
    watched = {frozenset((each["Name"], each["Value"]) for each in alarm["Dimensions"]) for alarm in alarms}
    shown = acl(prod)["VisibilityConfig"]["MetricName"]
    rates = {rule["Name"]: rule["VisibilityConfig"]["MetricName"] for rule in acl(prod)["Rules"] if "Action" in rule}
    assert watched == {frozenset({("WebACL", shown), ("Rule", rule)}) for rule in ("ALL", *rates.values())}
    assert {alarm["MetricName"] for alarm in alarms} == {"BlockedRequests"}
    [told] = prod.of_type("AWS::SNS::Subscription", "Firewall").values()
    assert told["Properties"]["Endpoint"] == stages.prod().operations_email
    [topic] = prod.of_type("AWS::SNS::Topic", "Firewall")
    assert {json.dumps(alarm["AlarmActions"]) for alarm in alarms} == {json.dumps([{"Ref": topic}])}


def test_what_somebody_wrote_never_decides_whether_a_complaint_arrives(prod: Any) -> None:
    for rule in acl(prod)["Rules"]:
        group = rule["Statement"].get("ManagedRuleGroupStatement")
        if group is None:
            continue
        counted = {each["Name"] for each in group["RuleActionOverrides"]}
        assert all(each["ActionToUse"] == {"Count": {}} for each in group["RuleActionOverrides"])
        if group["Name"] == "AWSManagedRulesCommonRuleSet":
            assert {"SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY"} <= counted
        if group["Name"] == "AWSManagedRulesKnownBadInputsRuleSet":
            assert {"Log4JRCE_BODY", "JavaDeserializationRCE_BODY"} <= counted


def test_the_narrow_limit_is_for_links_and_console_and_not_for_events_or_the_site(prod: Any) -> None:
    [people] = [rule for rule in acl(prod)["Rules"] if rule["Name"] == "People"]
    host, other = people["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["AndStatement"]["Statements"]
    assert host["ByteMatchStatement"]["SearchString"] == "tocsin.example"
    assert host["ByteMatchStatement"]["FieldToMatch"] == {"SingleHeader": {"Name": "host"}}
    assert other["NotStatement"]["Statement"]["ByteMatchStatement"]["SearchString"] == "/v1/"


def test_the_firewall_logs_what_it_blocked_and_no_token(prod: Any) -> None:
    [log] = prod.of_type("AWS::WAFv2::LoggingConfiguration").values()
    said = log["Properties"]
    headers = {each["SingleHeader"]["Name"] for each in said["RedactedFields"] if "SingleHeader" in each}
    assert headers == {"authorization", "x-api-key", "cookie", "referer"}
    assert {"UriPath": {}} in said["RedactedFields"]
    assert {"QueryString": {}} in said["RedactedFields"]
    assert said["LoggingFilter"]["DefaultBehavior"] == "DROP"
    [group] = prod.of_type("AWS::Logs::LogGroup", "Firewall").values()
    assert group["Properties"]["LogGroupName"].startswith("aws-waf-logs-")
    assert group["Properties"]["RetentionInDays"] == 365
    visibility = [acl(prod)["VisibilityConfig"], *(rule["VisibilityConfig"] for rule in acl(prod)["Rules"])]
    assert not any(each["SampledRequestsEnabled"] for each in visibility)  # samples show paths, and a path is a token


def test_the_front_keeps_nothing_and_speaks_tls(prod: Any) -> None:
    behaviour = front(prod)["DefaultCacheBehavior"]
    assert behaviour["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # AWS's own: CachingDisabled
    assert behaviour["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"  # AllViewerExceptHostHeader
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    assert set(behaviour["AllowedMethods"]) >= {"GET", "HEAD", "POST"}
    assert front(prod)["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert front(prod)["Aliases"] == ["tocsin.example"]
    assert "Logging" not in front(prod)  # a link's token is in the path
    [policy] = prod.of_type("AWS::CloudFront::ResponseHeadersPolicy", "Front").values()
    config = policy["Properties"]["ResponseHeadersPolicyConfig"]
    headers = config["SecurityHeadersConfig"]
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 31_536_000
    assert headers["FrameOptions"]["FrameOption"] == "DENY"
    assert "ContentSecurityPolicy" not in headers  # each page brings its own, which is narrower
    [kept] = config["CustomHeadersConfig"]["Items"]
    assert (kept["Header"], kept["Value"], kept["Override"]) == ("Cache-Control", "no-store", False)


def test_cloudfront_shows_a_key_that_is_in_no_template(prod: Any) -> None:
    [origin] = front(prod)["Origins"]
    [header] = origin["OriginCustomHeaders"]
    assert header["HeaderName"] == SHOWN_IN
    parts = header["HeaderValue"]["Fn::Join"][1]
    assert parts[0] == "{{resolve:secretsmanager:"
    assert parts[-1] == ":SecretString:sent::}}"
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]


def test_the_functions_of_the_api_know_the_front_and_no_other_does(prod: Any) -> None:
    knowing = {
        each["Properties"]["Handler"].split(".")[1]
        for each in prod.of_type("AWS::Lambda::Function").values()
        if "TOCSIN_FRONT_SECRET_ARN" in each["Properties"]["Environment"]["Variables"]
    }
    called = set()
    for name, each in prod.of_type("AWS::ApiGatewayV2::Integration").items():
        called |= {
            handler
            for handler in ("intake_api", "respond", "console")
            if f"Functions{''.join(word.capitalize() for word in handler.split('_'))}" in json.dumps(each)
        }
        assert called, name
    assert knowing == called == {"intake_api", "respond", "console"}


@pytest.mark.parametrize("name", ["local", "dev"])
def test_other_stages_have_no_front_and_let_everybody_in(synthesize: Any, name: str) -> None:
    made = synthesize(name)
    assert set(made.templates) == {"Stateful", "Site", "Service", "Monitoring"}
    for each in made.of_type("AWS::Lambda::Function").values():
        assert "TOCSIN_FRONT_SECRET_ARN" not in each["Properties"]["Environment"]["Variables"]


def test_a_flood_on_links_or_on_nothing_leaves_the_events_their_share(stage: Any) -> None:
    [entrance] = stage.of_type("AWS::ApiGatewayV2::Stage").values()
    most = entrance["Properties"]["DefaultRouteSettings"]
    limits = entrance["Properties"]["RouteSettings"]
    shares = {
        **dict.fromkeys(("ANY /l/{token}", "ANY /{token}", "ANY /console", "ANY /console/{proxy+}"), PEOPLES_SHARE),
        "$default": STRANGERS_SHARE,
    }
    assert set(limits) == set(shares)
    for route, share in shares.items():
        for limit in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
            assert limits[route][limit] == round(most[limit] * share)
    routes = {name: each["Properties"]["RouteKey"] for name, each in stage.of_type("AWS::ApiGatewayV2::Route").items()}
    there_before = {routes[name] for name in entrance["DependsOn"] if name in routes}
    assert set(limits) <= there_before  # API Gateway refuses a limit for a route that is not there
