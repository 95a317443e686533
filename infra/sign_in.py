"""Who signs in to the console on AWS: accounts of people in Cognito, and the console as its client."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.nag import accept
from infra.stages import Stage


def people_pool(scope: Construct, construct_id: str, *, stage: Stage) -> cognito.UserPool:
    """The accounts of the people of the directory: the user name is the person's id in the policy.

    Nobody signs up by themselves: whoever is in the pool speaks in a crisis under their own name. On production a
    second factor (TOTP) is required.
    """
    pool = cognito.UserPool(
        scope,
        construct_id,
        self_sign_up_enabled=False,
        sign_in_aliases=cognito.SignInAliases(username=True),
        sign_in_case_sensitive=True,  # ids in the policy are
        standard_attributes=cognito.StandardAttributes(email=cognito.StandardAttribute(required=True, mutable=True)),
        account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
        mfa=cognito.Mfa.REQUIRED if stage.production else cognito.Mfa.OPTIONAL,
        mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
        password_policy=cognito.PasswordPolicy(
            min_length=14,
            require_lowercase=True,
            require_uppercase=True,
            require_digits=True,
            require_symbols=True,
            temp_password_validity=Duration.days(3),
        ),
        # Blocks passwords that were stolen elsewhere and sign-ins that look like a stranger's; cents a person.
        feature_plan=cognito.FeaturePlan.PLUS,
        standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
        deletion_protection=stage.retain_data,
        removal_policy=RemovalPolicy.RETAIN if stage.retain_data else RemovalPolicy.DESTROY,
    )
    if not stage.production:
        accept(pool, "AwsSolutions-COG2", "Only production speaks to people and the public; there it is required.")
    return pool


class SignIn(Construct):
    """The console as a client of the pool, and the page on which people sign in.

    A public client: a secret could not be kept better than the code it would protect, and PKCE ties the code to
    the browser that asked for it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, pool: cognito.UserPool, console_url: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.pool_id = pool.user_pool_id
        people = cognito.UserPool.from_user_pool_id(self, "People", pool.user_pool_id)
        domain = cognito.UserPoolDomain(
            self,
            "Domain",
            user_pool=people,
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=f"tocsin-{stage.name}-{Aws.ACCOUNT_ID}"),
        )
        client = cognito.UserPoolClient(
            self,
            "Console",
            user_pool=people,
            generate_secret=False,
            auth_flows=cognito.AuthFlow(),
            prevent_user_existence_errors=True,
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID],
                callback_urls=[f"{console_url}/signed-in"],
                logout_urls=[console_url],
            ),
            id_token_validity=Duration.minutes(5),
            access_token_validity=Duration.minutes(5),
            refresh_token_validity=Duration.hours(1),
            enable_token_revocation=True,
        )
        self.client_id = client.user_pool_client_id
        self.url = domain.base_url()
