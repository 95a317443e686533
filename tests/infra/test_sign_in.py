"""Who may sign in to the console: people an operator let in, with a second factor where it counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]


def the(stage: Any, kind: str) -> dict[str, Any]:
    [found] = stage.of_type(f"AWS::Cognito::{kind}").values()
    return dict(found["Properties"])


def environment(stage: Any, function: str) -> dict[str, Any]:
    [found] = [
        each["Properties"]["Environment"]["Variables"]
        for each in stage.of_type("AWS::Lambda::Function").values()
        if each["Properties"]["Handler"] == f"functions.{function}.handler.handler"
    ]
    return dict(found)


def test_the_local_stage_has_no_accounts_and_takes_a_person_s_key(synthesize: Any) -> None:
    local = synthesize("local")
    assert not [kind for kind in ("UserPool", "UserPoolClient") if local.of_type(f"AWS::Cognito::{kind}")]
    assert environment(local, "console")["TOCSIN_CONSOLE_SIGN_IN"] == "local"
    assert "TOCSIN_API_KEYS_SECRET_ARN" in environment(local, "console")


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_on_aws_a_key_of_the_api_opens_no_console(synthesize: Any, name: str) -> None:
    console = environment(synthesize(name), "console")
    assert console["TOCSIN_CONSOLE_SIGN_IN"] == "cognito"
    assert "TOCSIN_API_KEYS_SECRET_ARN" not in console


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_nobody_signs_up_by_themselves(synthesize: Any, name: str) -> None:
    pool = the(synthesize(name), "UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 14
    assert pool["UserPoolAddOns"] == {"AdvancedSecurityMode": "ENFORCED"}
    assert "AliasAttributes" not in pool  # the user name is the person's id, and nothing else stands for it
    assert "UsernameAttributes" not in pool


def test_production_asks_for_a_second_factor_that_is_no_text_message(prod: Any) -> None:
    pool = the(prod, "UserPool")
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["DeletionProtection"] == "ACTIVE"


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_console_is_a_public_client_of_the_code_flow(synthesize: Any, name: str) -> None:
    client = the(synthesize(name), "UserPoolClient")
    assert client["GenerateSecret"] is False
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["AllowedOAuthScopes"] == ["openid"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"


def test_people_come_back_to_the_console_alone(prod: Any) -> None:
    client = the(prod, "UserPoolClient")
    console = environment(prod, "console")["TOCSIN_CONSOLE_URL"]
    assert console == "https://tocsin.example/console"
    assert [url.startswith(f"{console}/") for url in client["CallbackURLs"]] == [True]
    assert client["LogoutURLs"] == [console]


def test_the_console_knows_where_people_sign_in(prod: Any) -> None:
    console = environment(prod, "console")
    assert "amazoncognito.com" in json.dumps(console["TOCSIN_CONSOLE_COGNITO_DOMAIN"])
    assert console["TOCSIN_CONSOLE_CLIENT_ID"]["Ref"].startswith("SignIn")
    assert "People" in json.dumps(console["TOCSIN_CONSOLE_USER_POOL_ID"])
