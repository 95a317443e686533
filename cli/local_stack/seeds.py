"""What an operator does by hand after the first deployment to AWS, done for the local stack."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.stages import local
from shared.adapters.api_keys import new_key

INTAKE_SOURCE: Final = "crm"
"""The intake system the local stack's key belongs to: it may send as `crm` and as everything below, `crm/hotline`."""


def seed(client: Callable[[str], Any], outputs: Mapping[str, str]) -> str:
    """Make the sender known to the carrier and give the intake system its key; answers the key."""
    client("ses").verify_email_identity(EmailAddress=local().email_from)
    return give_key(client("secretsmanager"), outputs["ApiKeysSecretArn"], name="local intake", source=INTAKE_SOURCE)


def give_key(
    secretsmanager: Any,
    secret_arn: str,
    *,
    name: str,
    source: str | None = None,
    person: str | None = None,
) -> str:
    """A new key for an intake system or a person; its hash alone is kept, so this is the one time it is seen."""
    key, kept_hash = new_key()
    kept = json.loads(secretsmanager.get_secret_value(SecretId=secret_arn)["SecretString"])
    holder = {"name": name, "source": source, "person": person}
    kept["keys"].append({"sha256": kept_hash} | {field: said for field, said in holder.items() if said})
    secretsmanager.put_secret_value(SecretId=secret_arn, SecretString=json.dumps(kept))
    return key
