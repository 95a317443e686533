"""Policies by version, in the incidents table: a version is the hash of its text and never changes (I10)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from botocore.exceptions import ClientError

from shared.adapters import codec, dynamo_keys
from shared.adapters.dynamo_calls import Client, available, get, refused
from shared.adapters.dynamo_keys import Tables
from shared.domain.instants import SECOND
from shared.domain.policy import Policy
from shared.domain.probe import with_probe
from shared.ports import Time

KEPT = 15 * SECOND
"""How long a pushed policy may take to reach every function."""
_POINTER = "CURRENT"
_RENEWED = "renewed#"
"""Attributes of the pointer that hold the day until which a person's qualification was renewed, by their name."""
_HASH_DIGITS = 12


def _shipped_text(name: str) -> str:
    from shared.adapters import policy_yaml  # noqa: PLC0415 - most functions read no policy, and need no YAML

    return policy_yaml.read_text(name)[1]


def reference_of(name: str, text: str) -> str:
    """What a version of a policy is called: `retail@4f3a2b1c9d8e`, by the hash of its text."""
    return f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]}"


def renewed(policy: Policy, renewals: Mapping[str, str]) -> Policy:
    """The policy with qualifications that last until the later of its own day and the renewed one (B5)."""
    people = dict(policy.people)
    for name, day in renewals.items():
        person, until = people.get(name), date.fromisoformat(day)
        if person is not None and (person.qualified_until is None or person.qualified_until < until):
            people[name] = person.model_copy(update={"qualified_until": until})
    return policy.model_copy(update={"people": people}) if people != policy.people else policy


class DynamoPolicies:
    """`ports.Policies`.

    Args:
        client: makes the client at first use.
        tables: where versions lie.
        time: the clock.
        shipped: name of the policy that applies until one is pushed.
        time_scale: divides every duration, for demos and drills.
        probe_contact: whom the stage's synthetic complaint pages, where a policy names none itself; empty: nobody.
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
        probe_contact: str = "",
        read_shipped: Callable[[str], str] | None = None,
    ) -> None:
        self._client = client
        self._tables = tables
        self._time = time
        self._shipped = shipped
        self._scale = time_scale
        self._probe_contact = probe_contact
        self._read_shipped = read_shipped or _shipped_text
        self._read: dict[str, Policy] = {}
        self._current = ""
        self._renewals: dict[str, str] = {}
        self._today: Policy | None = None
        self._fresh_until = 0
        self._shipped_reference = ""

    def current(self) -> tuple[str, Policy]:
        """Reference and content of the policy new incidents open under, scaled for the stage."""
        now = self._time.now()
        if self._today is None or now >= self._fresh_until:
            pointer = get(self._client(), self._tables.incidents, dynamo_keys.policy(_POINTER)) or {}
            reference = pointer["reference"]["S"] if "reference" in pointer else self._keep_shipped()
            renewals = {
                name.removeprefix(_RENEWED): day["S"] for name, day in pointer.items() if name.startswith(_RENEWED)
            }
            if self._today is None or (self._current, self._renewals) != (reference, renewals):
                self._today = renewed(self.at(reference), renewals)
                self._current, self._renewals = reference, renewals
            self._fresh_until = now + KEPT
        return self._current, self._today

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
        from shared.adapters import policy_yaml  # noqa: PLC0415 - see above

        checked = policy_yaml.check(raw, "policy")
        if checked.policy is None:
            raise policy_yaml.PolicyError(problem for problem in checked.problems if problem.severity == "error")
        reference = reference_of(checked.policy.policy, raw)
        self._keep(reference, raw)
        with available():
            self._client().update_item(
                TableName=self._tables.incidents,
                Key=dynamo_keys.policy(_POINTER),
                UpdateExpression="SET #reference = :reference, #at = :at",
                ExpressionAttributeNames={"#reference": "reference", "#at": "at"},
                ExpressionAttributeValues={":reference": {"S": reference}, ":at": codec.number(self._time.now())},
            )
        self._fresh_until = 0
        return reference

    def renew(self, people: Iterable[str], until: str) -> None:
        """Let these people's crisis qualification last until a day; a later day that is there stays.

        The days stand beside the pointer, so that `current` reads one row; a policy that is pushed keeps them.

        Raises:
            ValueError: no day of the form `2027-03-01`.
            UnavailableError: the store could not be reached; safe to repeat.
        """
        day = date.fromisoformat(until).isoformat()
        for person in sorted(set(people)):
            with available():
                try:
                    self._client().update_item(
                        TableName=self._tables.incidents,
                        Key=dynamo_keys.policy(_POINTER),
                        UpdateExpression="SET #person = :day",
                        ConditionExpression="attribute_not_exists(#person) OR #person < :day",
                        ExpressionAttributeNames={"#person": f"{_RENEWED}{person}"},
                        ExpressionAttributeValues={":day": {"S": day}},
                    )
                except ClientError as error:
                    if not refused(error):
                        raise
        self._fresh_until = 0

    def _load(self, reference: str) -> Policy:
        from shared.adapters import policy_yaml  # noqa: PLC0415 - see above

        item = get(self._client(), self._tables.incidents, dynamo_keys.policy(reference))
        if item is None:
            raise LookupError(f"there is no policy {reference}")
        written = policy_yaml.parse(codec.text_from(item["text"]), reference)
        return with_probe(written, self._probe_contact).scaled(self._scale)

    def _keep_shipped(self) -> str:
        """The shipped policy, stored as any other: a later release may ship another text under its name."""
        if not self._shipped_reference:
            from shared.adapters import policy_yaml  # noqa: PLC0415 - see above

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
