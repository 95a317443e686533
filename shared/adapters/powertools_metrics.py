"""Figures by CloudWatch's embedded metric format: a log line each, no call on the way of a page."""

from aws_lambda_powertools.metrics import Metrics, MetricUnit


class PowertoolsMetrics:
    """`ports.Metrics`; the handlers' `log_metrics` writes what was counted when they end."""

    def __init__(self) -> None:
        self._metrics = Metrics()

    def count(self, name: str, value: float = 1, unit: str = "Count") -> None:
        """Record a figure under the stage's namespace."""
        self._metrics.add_metric(name=name, unit=MetricUnit(unit), value=value)
