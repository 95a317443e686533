"""Copy the heads of new timeline lines to write-once storage (I9)."""

from collections.abc import Sequence

from shared.application.world import World
from shared.domain.heads import Head


def seal_heads(world: World, heads: Sequence[Head]) -> None:
    """Seal a batch; sealed twice is sealed once.

    Raises:
        UnavailableError: the storage did not take it; the stream brings the batch again.
    """
    if heads:
        world.sealed_heads.seal(heads)
