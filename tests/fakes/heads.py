"""Sealed heads in memory, under the bucket's rule: what was written first stays."""

from collections.abc import Iterable, Iterator

from shared.domain.heads import Head, SealedObject, folder_of, objects_of
from shared.domain.instants import HOUR
from shared.ports import UnavailableError


class FakeSealedHeads:
    """`ports.SealedHeads`; `down` makes it refuse, `puts` counts what was written."""

    def __init__(self) -> None:
        self.objects: dict[str, SealedObject] = {}
        self.puts = 0
        self.down = False

    def seal(self, heads: Iterable[Head]) -> None:
        if self.down:
            raise UnavailableError("the storage of heads is down")
        for each in objects_of(heads):
            self.puts += 1
            self.objects.setdefault(each.name, each)

    def found(self, since: int, until: int) -> Iterator[SealedObject]:
        first, last = folder_of(since), folder_of(until + HOUR)
        yield from (self.objects[name] for name in sorted(self.objects) if first < name < last)

    @property
    def heads(self) -> tuple[Head, ...]:
        """Everything that was sealed."""
        return tuple(head for name in sorted(self.objects) for head in self.objects[name].heads)
