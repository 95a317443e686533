"""Every stage there is, and what a stage may be. The one place to look before changing a setting."""

from __future__ import annotations

import platform
import sys
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, model_validator

LINK_TOKEN_CHARACTERS: Final = 11
"""A link token: 64 bits in base64url."""

LINK_MAX_CHARACTERS: Final = 34
"""What a link may take of a Chinese SMS, which holds 70 characters in one part."""


EDGE_REGION: Final = "us-east-1"
"""Where CloudFront looks for certificates and firewalls, and where these are watched."""

MAIL_SIMULATOR: Final = "success@simulator.amazonses.com"
"""Amazon's own mailbox for tests: it takes and confirms every mail, and SES lets mail to it out of the sandbox."""

LEAST_EVIDENCE_DAYS: Final = 3 * 365 + 1
"""The general limitation period (Civil Code, article 188)."""


class Runtime(BaseModel):
    """The interpreter and the processor the functions are built for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    python: str = Field(pattern=r"^3\.\d+$")
    architecture: str = Field(pattern=r"^(arm64|x86_64)$")
    wheels: str | None
    """uv's name of the platform to take wheels for; None: the machine that builds."""

    @classmethod
    def aws(cls) -> Self:
        return cls(python="3.13", architecture="arm64", wheels="aarch64-manylinux2014")

    @classmethod
    def this_machine(cls) -> Self:
        """The emulator runs functions in its own interpreter, so that is what they are built for."""
        arm = platform.machine().lower() in {"arm64", "aarch64"}
        return cls(
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            architecture="arm64" if arm else "x86_64",
            wheels=None,
        )


class AlarmSettings(BaseModel):
    """When the monitoring stack calls the operations address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    oldest_message_seconds: int = Field(default=120, ge=1)
    """How long a message may wait in a working queue."""
    oldest_stream_record_seconds: int = Field(default=60, ge=1)
    heartbeat_missing_minutes: int = Field(default=3, ge=1)
    """A sweep beats every minute."""
    audit_missing_minutes: int = Field(default=15, ge=5)
    timer_lateness_seconds: int = Field(default=30, ge=1)
    """How late a timer may fire before somebody is told."""
    errand_lateness_seconds: int = Field(default=45, ge=1)
    """How long an errand may take, counted from the step that asked for it; a statement has a lead of 60 s."""
    probe_lateness_seconds: int = Field(default=30, ge=1)
    """How late a page of a synthetic complaint may go out before somebody is told."""
    carrier_failures: int = Field(default=5, ge=1)
    """How often a carrier may refuse or not answer in five minutes; a wrong address alone is a refusal."""
    sms_spent_usd: int = Field(default=150, ge=1)
    """What may be spent on SMS in a month before somebody is told; well below the account's MonthlySpendLimit."""
    conflicts: int = Field(default=200, ge=1)
    """How many conflicts of transactions there may be in five minutes; each is decided anew."""
    refused_requests: int = Field(default=300, ge=1)
    """How many requests the API may refuse in five minutes."""
    blocked_requests: int = Field(default=500, ge=1)
    """How many requests the firewall may block in five minutes; some scan every address there is, all day long."""


class Stage(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9]{1,11}$")
    production: bool = False
    policy: str = "retail"
    time_scale: int = Field(default=1, ge=1, le=3600)
    """Shrinks every duration: 60 makes 30 minutes 30 seconds. For demos and drills."""
    link_base_url: str | None = None
    """What a page's link starts with; None: the HTTP API's own address."""
    email_from: str = Field(min_length=3)
    sms_sender: str = Field(default="Tocsin", min_length=1, max_length=11)
    operations_email: str | None = None
    """Whom the alarms tell; None: whoever subscribes to the topic."""
    alarms: AlarmSettings = AlarmSettings()
    log_retention_days: int = 30
    retain_data: bool = False
    """Whether tables, buckets, keys and secrets outlive their stack."""
    evidence_retention_days: int = Field(default=1, ge=1, le=36_500)
    """How long nobody can remove a piece of evidence. On production it can be made longer afterwards, never shorter."""
    site_domain: str | None = Field(default=None, pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
    """What the public calls the status site; None: the name CloudFront gives it."""
    site_certificate_arn: str | None = Field(
        default=None, pattern=r"^arn:[a-z-]+:acm:us-east-1:\d{12}:certificate/\S+$"
    )
    """The certificate of `site_domain`; CloudFront looks for it in us-east-1 alone."""
    firewall_arn: str | None = Field(default=None, pattern=r"^arn:[a-z-]+:wafv2:us-east-1:\d{12}:global/webacl/\S+$")
    """The web ACL before the status site and the API: output FirewallArn of the stage's own firewall stack."""
    front_certificate_arn: str | None = Field(
        default=None, pattern=r"^arn:[a-z-]+:acm:us-east-1:\d{12}:certificate/\S+$"
    )
    """The certificate of the domain in `link_base_url`, under which CloudFront stands before the API."""
    api_rate_per_second: int = Field(default=50, ge=1)
    api_burst: int = Field(default=100, ge=1)
    sends_at_once: int = Field(default=10, ge=2, le=1000)
    """How many messages may be on their way to carriers at the same time."""
    errands_at_once: int = Field(default=5, ge=2, le=1000)
    """How many errands may be run at the same time: statements that go public, complaints that join a crisis."""
    audit_minutes: int = Field(default=5, ge=1)
    probe_minutes: int | None = Field(default=5, ge=2)
    """How often a synthetic complaint proves that pages go out; None: never, and nothing is proved."""
    probe_contact: str = Field(default=MAIL_SIMULATOR, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    """Whom it pages, by e-mail, unless the policy names somebody itself."""
    log_level: str = Field(default="INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")
    traced: bool = False
    """Whether X-Ray traces the functions: 40 USD a million incidents, for traces without spans of our own (ADR 74)."""
    runtime: Runtime = Field(default_factory=Runtime.aws)

    local: bool = False
    """Whether this is the emulator: it checks some rights differently and lacks some resources."""
    endpoint_url: str | None = None
    ca_bundle: str | None = None
    """The certificates a function trusts; only the emulator with TLS needs its own."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.production and self.time_scale != 1:
            raise ValueError("time_scale: production runs in real time, a scaled clock would page people too early")
        if self.production and not self.retain_data:
            raise ValueError("retain_data: production keeps its tables when a stack is deleted")
        if self.production and self.local:
            raise ValueError("local: the emulator is not production")
        if not self.local and (self.endpoint_url or self.ca_bundle):
            raise ValueError("endpoint_url, ca_bundle: only the local stage talks to another endpoint than AWS")
        if self.production and self.evidence_retention_days < LEAST_EVIDENCE_DAYS:
            raise ValueError(
                f"evidence_retention_days: production keeps evidence for {LEAST_EVIDENCE_DAYS} days at least, as long "
                "as a claim may be brought"
            )
        if self.production and not (self.firewall_arn and self.front_certificate_arn):
            raise ValueError(
                "firewall_arn, front_certificate_arn: production stands behind CloudFront and its firewall"
            )
        if bool(self.site_domain) != bool(self.site_certificate_arn):
            raise ValueError(
                "site_domain, site_certificate_arn: a domain needs its certificate, and the other way round"
            )
        self._check_link()
        return self

    def _check_link(self) -> None:
        if self.link_base_url is None:
            if self.production:
                raise ValueError(
                    "link_base_url: production needs a short address of its own; the HTTP API's is too long for an SMS",
                )
            return
        TypeAdapter(HttpUrl).validate_python(self.link_base_url)
        if self.link_base_url.endswith("/"):
            raise ValueError("link_base_url: goes without the closing slash")
        length = len(self.link_base_url) + 1 + LINK_TOKEN_CHARACTERS
        if self.production and length > LINK_MAX_CHARACTERS:
            raise ValueError(
                f"link_base_url: a link would take {length} characters of an SMS, at most {LINK_MAX_CHARACTERS} fit",
            )

    @property
    def probed_contact(self) -> str:
        """Whom synthetic complaints page; whether there are any or not: one that is open keeps its rules (I10)."""
        return "" if self.local else self.probe_contact

    def stack_name(self, kind: str) -> str:
        return f"Tocsin{kind}-{self.name}"

    @property
    def metrics_namespace(self) -> str:
        """One per stage: the stages of an account must not hide each other's alarms."""
        return f"Tocsin/{self.name}"


def local() -> Stage:
    return Stage(
        name="local",
        local=True,
        email_from="tocsin@example.com",
        endpoint_url="http://127.0.0.1:4566",
        errands_at_once=3,
        audit_minutes=1,
        probe_minutes=None,
        log_retention_days=1,
        api_rate_per_second=1000,
        api_burst=1000,
        runtime=Runtime.this_machine(),
    )


def dev() -> Stage:
    return Stage(
        name="dev",
        email_from="tocsin-dev@example.com",
        time_scale=60,
        log_retention_days=7,
        traced=True,
        # A synthetic complaint comes through once `email_from` is yours and verified: 5 then; its alarms come with it.
        probe_minutes=None,
    )


def prod() -> Stage:
    return Stage(
        name="prod",
        production=True,
        # Yours to set: a domain short enough for an SMS (22 characters with https://), and a verified sender.
        link_base_url="https://tocsin.example",
        # Made once in us-east-1, by hand and by `cdk deploy TocsinFirewall-prod` (docs/operations.md).
        front_certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
        firewall_arn="arn:aws:wafv2:us-east-1:123456789012:global/webacl/Acl/00000000-0000-0000-0000-000000000000",
        email_from="tocsin@example.com",
        operations_email="operations@example.com",
        log_retention_days=365,
        retain_data=True,
        # The limitation period and two years in which a case that was brought in time is heard (ADR 58).
        evidence_retention_days=5 * 365 + 1,
        sends_at_once=50,
        errands_at_once=10,
        api_rate_per_second=200,
        api_burst=400,
    )


STAGES: Final = {"local": local, "dev": dev, "prod": prod}

CONTEXT_SETTINGS: Final = (
    "policy",
    "time_scale",
    "link_base_url",
    "endpoint_url",
    "ca_bundle",
    "probe_minutes",
    "firewall_arn",
    "traced",
)
"""What `cdk -c name=value` may set for one deployment: the local stack's port, a drill's clock, a day of traces."""


def choose(name: str, settings: dict[str, str] | None = None) -> Stage:
    """The named stage with this deployment's settings; checked again, as `model_copy` would not."""
    if name not in STAGES:
        raise ValueError(f"stage: {name!r} is none of {', '.join(STAGES)}")
    unknown = sorted(set(settings or {}) - set(CONTEXT_SETTINGS))
    if unknown:
        raise ValueError(f"settings: {', '.join(unknown)} cannot be set from outside infra/stages.py")
    stage = STAGES[name]()
    return Stage.model_validate({**stage.model_dump(), **(settings or {})})
