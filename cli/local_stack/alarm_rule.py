"""When an alarm changes its state, as CloudWatch documents it: M of N data points, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, Final, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

BEYOND: Final = 2
"""How many periods before those an alarm names are looked at where some are missing: AWS shows 5 for an alarm of 3, and
says no more than that the number is its own choice."""
_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": gt,
    "GreaterThanOrEqualToThreshold": ge,
    "LessThanThreshold": lt,
    "LessThanOrEqualToThreshold": le,
}
_BREACHING: Final = {"breaching": True, "notBreaching": False}


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """What an alarm compares.

    Attributes:
        period: seconds of a data point.
        periods: N, over how many data points; to_alarm: M, how many of those have to breach.
        missing_breaches: what a data point counts for that never came.
    """

    comparison: str
    threshold: float
    period: int
    periods: int
    to_alarm: int
    missing_breaches: bool

    @classmethod
    def of(cls, alarm: Mapping[str, Any]) -> AlarmRule:
        """The rule of an alarm as `DescribeAlarms` tells it.

        Raises:
            ValueError: it compares or fills in a way that nothing here ever did: `missing`, `ignore`, bands.
        """
        missing = alarm.get("TreatMissingData") or "missing"
        comparison = alarm["ComparisonOperator"]
        if missing not in _BREACHING or comparison not in _COMPARISONS:
            raise ValueError(f"{alarm['AlarmName']}: {comparison} with {missing} is not known to the local stack")
        periods = int(alarm["EvaluationPeriods"])
        return cls(
            comparison=comparison,
            threshold=float(alarm["Threshold"]),
            period=int(alarm["Period"]),
            periods=periods,
            to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
            missing_breaches=_BREACHING[missing],
        )

    @property
    def looked_at(self) -> int:
        """How many periods an evaluation looks back over."""
        return self.periods + BEYOND

    def state(self, points: Sequence[float | None]) -> State:
        """What the alarm says of the data points, oldest first, None where a period has none.

        Where as many real ones came as the alarm asks for, the latest of those decide and what is missing does not
        count: an alarm of three on silence needs five silent periods. Else every real one counts, and what is lacking
        is filled in.
        """
        compare = _COMPARISONS[self.comparison]
        real = [point for point in points if point is not None][-self.periods :]
        breaching = sum(compare(point, self.threshold) for point in real)
        if self.missing_breaches:
            breaching += self.periods - len(real)
        return "ALARM" if breaching >= self.to_alarm else "OK"
