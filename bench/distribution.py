"""How a heap of measurements lies: the quantiles that matter, by nearest rank."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Distribution:
    """Sorted values, at least one."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Distribution:
        """Of values in any order.

        Raises:
            ValueError: there are none; a quantile of nothing would be an invention.
        """
        ordered = tuple(sorted(values))
        if not ordered:
            raise ValueError("nothing was measured")
        return cls(ordered)

    def at(self, share: float) -> float:
        """The smallest value that at least this share of all does not exceed."""
        return self.values[max(0, math.ceil(share * len(self.values)) - 1)]

    @property
    def p50(self) -> float:
        return self.at(0.5)

    @property
    def p99(self) -> float:
        return self.at(0.99)

    @property
    def least(self) -> float:
        return self.values[0]

    @property
    def most(self) -> float:
        return self.values[-1]
