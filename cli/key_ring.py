"""The keys the API takes, in one secret: made, listed and taken back. Only their hashes are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from shared.adapters.api_keys import hash_of, new_key
from shared.application.whose import why_reserved
from shared.domain.events import ComplaintReceived
from shared.domain.policy_parts import Identifier


@dataclass(frozen=True)
class KeyRing:
    """The keys in one secret, as `shared.adapters.api_keys` reads them."""

    client: Any
    secret: str

    def entries(self) -> list[dict[str, Any]]:
        """Every key by its hash."""
        kept = json.loads(self.client.get_secret_value(SecretId=self.secret)["SecretString"])
        return list(kept.get("keys") or [])

    def add(self, name: str, *, source: str = "", person: str = "") -> str:
        """A new key; only its hash is kept.

        Raises:
            ValueError: the name is taken, or it is not for exactly one source or person.
        """
        entries = self.entries()
        if not name.strip():
            raise ValueError("a key needs a name")
        if any(entry.get("name") == name for entry in entries):
            raise ValueError(f"there is a key called '{name}' already; rotate it, or choose another name")
        if bool(source) == bool(person):
            raise ValueError("a key is for one source or for one person: give --source or --person")
        if source:
            _check_source(source)
        else:
            _check_person(person)
        key, kept = new_key()
        whose = {"source": source} if source else {"person": person}
        self._keep([*entries, {"name": name, "sha256": kept, **whose}])
        return key

    def knows(self, key: str) -> bool:
        """Whether this key opens."""
        return any(entry.get("sha256") == hash_of(key) for entry in self.entries())

    def renew(self, name: str, *, source: str = "", person: str = "") -> str:
        """A key in the place of the one of this name, if there is one.

        Raises:
            ValueError: it is not for exactly one source or person.
        """
        self.revoke(name)
        return self.add(name, source=source, person=person)

    def rotate(self, name: str) -> str:
        """A second key for the same holder; the one before opens until it is retired.

        Raises:
            ValueError: there is no key of this name, or there are two already.
        """
        entries = self.entries()
        held = [entry for entry in entries if entry.get("name") == name]
        if not held:
            raise ValueError(f"there is no key called '{name}'")
        if len(held) > 1:
            raise ValueError(f"'{name}' has two keys already: retire the older one first")
        key, kept = new_key()
        self._keep([*entries, {**held[0], "sha256": kept}])
        return key

    def retire(self, name: str) -> bool:
        """Forget the older of two keys; False where there are not two of this name."""
        entries = self.entries()
        held = [entry for entry in entries if entry.get("name") == name]
        self._keep([entry for entry in entries if entry not in held[:-1]])
        return len(held) > 1

    def revoke(self, name: str) -> bool:
        """Forget a key, and the other one of its name; False where there is none."""
        entries = self.entries()
        left = [entry for entry in entries if entry.get("name") != name]
        if len(left) == len(entries):
            return False
        self._keep(left)
        return True

    def _keep(self, entries: list[dict[str, Any]]) -> None:
        self.client.put_secret_value(SecretId=self.secret, SecretString=json.dumps({"keys": entries}))


def _check_source(source: str) -> None:
    field = ComplaintReceived.model_fields["source"]
    try:
        TypeAdapter(Annotated[str, field]).validate_python(source)
    except ValidationError:
        raise ValueError("the source must be a URI reference such as crm/hotline, without spaces and `#`") from None
    if why := why_reserved(source):
        raise ValueError(f"'{source}' {why}; no intake system may use it")


def _check_person(person: str) -> None:
    try:
        TypeAdapter(Identifier).validate_python(person)
    except ValidationError:
        raise ValueError(f"'{person}' is no id of a person in a policy") from None
