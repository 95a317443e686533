"""Policies by version, in the incidents table: a version is the hash of its text and never changes (I10)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from botocore.exceptions import ClientError

from shared.adapters import codec, dynamo_keys, policy_yaml
from shared.adapters.dynamo_calls import Client, available, get, refused
from shared.adapters.dynamo_keys import Tables
from shared.domain.instants import SECOND
from shared.domain.policy import Policy
from shared.ports import Time

KEPT = 15 * SECOND
"""How long a pushed policy may take to reach every function."""
_POINTER = "CURRENT"
_HASH_DIGITS = 12


def reference_of(name: str, text: str) -> str:
    """What a version of a policy is called: `retail@4f3a2b1c9d8e`, by the hash of its text."""
    return f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]}"


class DynamoPolicies:
    """`ports.Policies`.

    Args:
        client: makes the client at first use.
        tables: where versions lie.
        time: the clock.
        shipped: name of the policy that applies until one is pushed.
        time_scale: divides every duration, for demos and drills.
        read_shipped: name to text of the policies that ship with this release.
    """

    def __init__(
        self,
        client: Client,
        tables: Tables,
        time: Time,
        *,
        shipped: str,
        time_scale: int = 1,
        read_shipped: Callable[[str], str] = lambda name: policy_yaml.read_text(name)[1],
    ) -> None:
        self._client = client
        self._tables = tables
        self._time = time
        self._shipped = shipped
        self._scale = time_scale
        self._read_shipped = read_shipped
        self._read: dict[str, Policy] = {}
        self._current = ""
        self._fresh_until = 0
        self._shipped_reference = ""

    def current(self) -> tuple[str, Policy]:
        """Reference and content of the policy new incidents open under, scaled for the stage."""
        now = self._time.now()
        if now >= self._fresh_until:
            pointer = get(self._client(), self._tables.incidents, dynamo_keys.policy(_POINTER))
            self._current = pointer["reference"]["S"] if pointer else self._keep_shipped()
            self._fresh_until = now + KEPT
        return self._current, self.at(self._current)

    def at(self, reference: str) -> Policy:
        """The policy of a reference, scaled for the stage.

        Raises:
            LookupError: there is no such version.
        """
        if reference not in self._read:
            self._read[reference] = self._load(reference)
        return self._read[reference]

    def push(self, raw: str) -> str:
        """Store a policy text and make it the current one; the reference.

        Raises:
            PolicyError: it has mistakes; nothing was stored.
        """
        checked = policy_yaml.check(raw, "policy")
        if checked.policy is None:
            raise policy_yaml.PolicyError(problem for problem in checked.problems if problem.severity == "error")
        reference = reference_of(checked.policy.policy, raw)
        self._keep(reference, raw)
        with available():
            self._client().put_item(
                TableName=self._tables.incidents,
                Item={
                    **dynamo_keys.policy(_POINTER),
                    "reference": {"S": reference},
                    "at": codec.number(self._time.now()),
                },
            )
        self._fresh_until = 0
        return reference

    def _load(self, reference: str) -> Policy:
        item = get(self._client(), self._tables.incidents, dynamo_keys.policy(reference))
        if item is None:
            raise LookupError(f"there is no policy {reference}")
        return policy_yaml.parse(codec.text_from(item["text"]), reference).scaled(self._scale)

    def _keep_shipped(self) -> str:
        """The shipped policy, stored as any other: a later release may ship another text under its name."""
        if not self._shipped_reference:
            text = self._read_shipped(self._shipped)
            reference = reference_of(policy_yaml.parse(text, self._shipped).policy, text)
            self._keep(reference, text)
            self._shipped_reference = reference
        return self._shipped_reference

    def _keep(self, reference: str, text: str) -> None:
        row = {**dynamo_keys.policy(reference), "text": codec.text(text)}
        with available():
            try:
                self._client().put_item(
                    TableName=self._tables.incidents, Item=row, ConditionExpression="attribute_not_exists(PK)"
                )
            except ClientError as error:
                if not refused(error):
                    raise
