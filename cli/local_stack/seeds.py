"""What an operator does by hand after the first deployment to AWS, done for the local stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cli.key_ring import KeyRing
from cli.live_keys import add_key, keys_of
from infra.stages import local
from shared.adapters import policy_yaml
from shared.adapters.status_site import S3Site
from shared.adapters.system_time import SystemTime
from shared.domain.crisis_policy import COMMANDER
from shared.domain.roster import on_duty

INTAKE_SOURCE: Final = "crm"
"""The intake system the local stack's key belongs to: it may send as `crm` and as everything below, `crm/hotline`."""


@dataclass(frozen=True)
class LocalKeys:
    """Keys of the local stack: of the intake system `crm`, and of a person, who signs in to the console with it."""

    intake: str
    person: str


def seed(client: Callable[[str], Any], outputs: Mapping[str, str], person: str, known: LocalKeys | None) -> LocalKeys:
    """Make the sender known to the carrier, write the site, give out keys; those that are known and open stay."""
    client("ses").verify_email_identity(EmailAddress=local().email_from)
    _lock_evidence(client("s3"), outputs["EvidenceBucket"])
    S3Site(lambda: client("s3"), outputs["SiteBucket"], outputs["SiteUrl"]).publish(())
    secrets = client("secretsmanager")
    if not keys_of(secrets, outputs["ConsoleSecretArn"]):
        add_key(secrets, outputs["ConsoleSecretArn"])
    ring = KeyRing(secrets, outputs["ApiKeysSecretArn"])
    before = known or LocalKeys("", "")
    return LocalKeys(
        before.intake if ring.knows(before.intake) else ring.renew("local intake", source=INTAKE_SOURCE),
        before.person if ring.knows(before.person) else ring.renew("local console", person=person),
    )


def console_person(policy: str) -> str:
    """Somebody with a say in a crisis: who is on duty as its commander, else the first person of the directory."""
    rules = policy_yaml.load(policy)
    called = on_duty(rules.roster, COMMANDER, SystemTime().now()) if rules.roster else ()
    return next(iter((*called, *rules.people)))


def _lock_evidence(s3: Any, bucket: str) -> None:
    """The emulator's CloudFormation leaves a bucket's lock out; its S3 then honours one that is set by hand."""
    retention = {"Mode": "GOVERNANCE", "Days": local().evidence_retention_days}
    s3.put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}},
    )
