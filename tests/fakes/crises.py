"""What crises leave beside their incidents, in memory: matters, what is on, texts, publications, errands."""

from collections.abc import Sequence

from shared.domain.errand import Errand
from shared.domain.publication import Publication, StatementText
from tests.fakes.shelf import Shelf


class FakeCrises:
    """`ports.Crises`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def about(self, matters: Sequence[str], now: int) -> str | None:
        with self._shelf.lock:
            joined = [
                matter for matter in self._shelf.matters.values() if matter.name in matters and matter.until > now
            ]
            joined.sort(key=lambda matter: (-matters.index(matter.name), matter.until, matter.crisis))
            return joined[-1].crisis if joined else None

    def running_drills(self) -> Sequence[str]:
        with self._shelf.lock:
            return tuple(sorted(name for name, drill in self._shelf.crises.items() if drill))

    def running(self) -> Sequence[str]:
        with self._shelf.lock:
            return tuple(sorted(self._shelf.crises))


class FakeStatements:
    """`ports.Statements`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def text(self, incident: str, rung: str, revision: int) -> StatementText | None:
        with self._shelf.lock:
            return self._shelf.texts.get((incident, rung, revision))

    def published(self) -> Sequence[Publication]:
        with self._shelf.lock:
            return tuple(
                sorted(
                    self._shelf.publications.values(),
                    key=lambda each: (each.published_at, each.incident, each.rung, each.revision),
                )
            )


class FakeErrands:
    """`ports.Errands`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    @property
    def all(self) -> Sequence[Errand]:
        """Those still open, by incident and name."""
        with self._shelf.lock:
            return tuple(errand for _, errand in sorted(self._shelf.errands.items()) if errand is not None)

    def take_new(self) -> Sequence[Errand]:
        """What the outbox's stream carries since the last call."""
        with self._shelf.lock:
            new, self._shelf.new_errands = tuple(self._shelf.new_errands), []
            return new

    def get(self, incident: str, name: str) -> Errand | None:
        with self._shelf.lock:
            return self._shelf.errands.get((incident, name))

    def finish(self, errand: Errand) -> None:
        with self._shelf.lock:
            if (errand.incident, errand.name) in self._shelf.errands:
                self._shelf.errands[errand.incident, errand.name] = None

    def stuck(self, before: int, limit: int) -> Sequence[Errand]:
        late = [errand for errand in self.all if errand.at < before]
        return tuple(sorted(late, key=lambda errand: (errand.at, errand.incident, errand.name)))[:limit]
