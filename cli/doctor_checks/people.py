"""The policy in force, the roster ahead, and the keys that open the API and the console."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cli.doctor_checks.patient import Patient
from cli.health import people
from cli.health.diagnosis import Diagnosis
from cli.key_ring import KeyRing
from shared.adapters import policy_yaml
from shared.adapters.policy_store import reference_of
from shared.domain.roster_check import DAYS_AHEAD, roster_findings

_SOON_DAYS = 14


def policy(patient: Patient) -> Iterator[Diagnosis]:
    """What is in force, against this checkout or the house's own file."""
    here = {name: reference_of(name, policy_yaml.read_text(name)[1]) for name in policy_yaml.shipped()}
    own = None
    if patient.own_policy:
        checked = policy_yaml.check(patient.own_policy, "policy").policy
        own = reference_of(checked.policy, patient.own_policy) if checked else "not a policy: tocsin policy check"
    yield from people.policy(patient.policy[0], here, production=patient.production, own=own)


def roster(patient: Patient) -> Iterator[Diagnosis]:
    """Gaps ahead."""
    rules = patient.policy[1]
    soon = roster_findings(rules, patient.now, _SOON_DAYS)
    known = {(finding.path, finding.message.partition(", from ")[0]) for finding in soon}
    later = [
        finding
        for finding in roster_findings(rules, patient.now, DAYS_AHEAD)
        if (finding.path, finding.message.partition(", from ")[0]) not in known
    ]
    yield from people.roster(soon, later, there=rules.roster is not None)


def unreachable(patient: Patient) -> Iterator[Diagnosis]:
    """People without any contact."""
    yield from people.unreachable([name for name, who in patient.policy[1].people.items() if not who.reachable_by])


def api_keys(patient: Patient) -> Iterator[Diagnosis]:
    """Holders of keys."""
    ring = KeyRing(patient.client("secretsmanager"), patient.deployment.outputs["ApiKeysSecretArn"])
    yield from people.api_keys(ring.entries(), patient.policy[1].people, production=patient.production)


def console_keys(patient: Patient) -> Iterator[Diagnosis]:
    """What signs the console's sessions."""
    arn = patient.deployment.outputs["ConsoleSecretArn"]
    kept = json.loads(patient.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    yield from people.console_keys(len(kept.get("keys") or ()))
