"""The key by which the API knows CloudFront: changed without a request refused in between (ADR 79)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from cli.deployment import Deployment
from cli.live_keys import new_key
from shared.adapters.secret import KEPT
from shared.application.front_door import SHOWN_IN
from shared.domain.instants import SECOND

_NOTICED_SECONDS: Final = KEPT // SECOND + 1


def rotate_front(stage: Deployment, pause: Callable[[float], None]) -> None:
    """Let the functions know a new key, then let CloudFront show it; both keys are taken afterwards.

    Run again after it broke off, it goes on where it was.

    Args:
        pause: waits so many seconds, until every function has noticed.
    """
    kept = _kept(stage)
    coming = kept.get("next") or new_key()
    _keep(stage, {"sent": kept["sent"], "next": coming})
    pause(_NOTICED_SECONDS)
    _show(stage, coming)
    _keep(stage, {"sent": coming, "before": kept["sent"]})


def retire_front(stage: Deployment) -> None:
    """Forget the key that CloudFront showed before; once it has spread the new one, some minutes after `rotate`."""
    _keep(stage, {"sent": _kept(stage)["sent"]})


def _kept(stage: Deployment) -> dict[str, str]:
    secret = stage.client("secretsmanager").get_secret_value(SecretId=stage.output("FrontSecretArn"))
    return dict(json.loads(secret["SecretString"]))


def _keep(stage: Deployment, keys: dict[str, str]) -> None:
    where = stage.output("FrontSecretArn")
    stage.client("secretsmanager").put_secret_value(SecretId=where, SecretString=json.dumps(keys))


def _show(stage: Deployment, key: str) -> None:
    """By hand what a deployment would do: CloudFormation reads a secret again only when the template changes."""
    cloudfront, distribution = stage.client("cloudfront"), _distribution(stage)
    found = cloudfront.get_distribution_config(Id=distribution)
    for origin in found["DistributionConfig"]["Origins"]["Items"]:
        for header in origin["CustomHeaders"]["Items"]:
            if header["HeaderName"].lower() == SHOWN_IN:
                header["HeaderValue"] = key
    cloudfront.update_distribution(
        Id=distribution, IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"]
    )


def _distribution(stage: Deployment) -> str:
    (stack,) = stage.client("cloudformation").describe_stacks(StackName=f"TocsinFront-{stage.stage}")["Stacks"]
    outputs: dict[str, Any] = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    return str(outputs["FrontDistributionId"])
