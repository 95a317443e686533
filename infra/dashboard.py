"""One dashboard. Its first row answers: are pages going out on time?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra import counted
from infra.alarms import dead_letter_queues, work_queues
from infra.counted import FIVE_MINUTES, Counted, metric, of_aws
from infra.service import ServiceStack
from infra.stages import Stage
from infra.stateful import StatefulStack

QUESTION: Final = "Are pages going out on time?"
_WIDTH: Final = 24


class Dashboard(Construct):
    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, service: ServiceStack, stateful: StatefulStack
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._service = service
        self._stateful = stateful
        board = cloudwatch.Dashboard(self, "Board", dashboard_name=stage.stack_name("Dashboard"))
        board.add_widgets(cloudwatch.TextWidget(markdown=f"# {QUESTION}", width=_WIDTH, height=1))
        board.add_widgets(*self._pages())
        board.add_widgets(*self._engine())
        board.add_widgets(*self._trouble())
        board.add_widgets(*self._around())

    def _pages(self) -> list[cloudwatch.IWidget]:
        """When pages went out, real and synthetic ones; a line at what is late."""
        late = self._stage.alarms.timer_lateness_seconds * 1000
        return [
            self._graph(
                "Pages: late by, ms",
                [
                    self._of(counted.SEND, "p50", "half of the messages"),
                    self._of(counted.SEND, "p99", "99 in 100"),
                    self._of(counted.SEND, "Maximum", "the latest"),
                ],
                late=late,
            ),
            self._graph(
                "Synthetic complaint: late by, ms",
                [self._of(counted.PROBE, "Maximum", "its latest page")],
                late=self._stage.alarms.probe_lateness_seconds * 1000,
            ),
            self._graph(
                "Steps: late by, ms",
                [self._of(counted.STEP, each) for each in ("p50", "p99", "Maximum")],
                late=late,
            ),
            self._graph(
                "Messages sent",
                [self._of(each, "Sum", via) for via, each in counted.SENT.items()],
            ),
        ]

    def _engine(self) -> list[cloudwatch.IWidget]:
        return [
            self._graph(
                "Heartbeats",
                [self._of(each, "SampleCount") for each in (counted.SWEPT, counted.PULSE, counted.AUDITED)]
                + [self._of(counted.ALIVE, "Minimum", "proved alive, told outside")],
            ),
            self._graph("Pulse: late by, ms", [self._of(counted.PULSE, "Maximum")]),
            self._graph(
                "Oldest message, seconds",
                [
                    work.queue.metric_approximate_age_of_oldest_message(statistic="Maximum", label=name)
                    for name, work in work_queues(self._service.queues)
                ],
            ),
            self._graph(
                "Timers parked, timers too early",
                [self._of(counted.PARKED, "Maximum"), self._of(counted.TOO_EARLY, "Sum")],
            ),
        ]

    def _trouble(self) -> list[cloudwatch.IWidget]:
        return [
            self._graph(
                "For a person to look at",
                [
                    metric(self._stage, each, statistic="Sum", period=FIVE_MINUTES)
                    for each in (*counted.FINDINGS, *counted.PROBE_FINDINGS)
                ],
            ),
            self._graph(
                "Carriers: refused or unanswered",
                [self._of(each, "Sum", via) for via, each in counted.CARRIER_FAILURES.items()]
                + [self._of(each, "Sum", how) for how, each in counted.REFUSALS.items()],
            ),
            self._graph(
                "Dead letters",
                [
                    queue.metric_approximate_number_of_messages_visible(statistic="Maximum", label=name)
                    for name, queue in dead_letter_queues(self._service.queues)
                ],
            ),
            self._graph(
                "Errors",
                [each.function.metric_errors(statistic="Sum", label=each.name) for each in self._service.functions.all],
            ),
        ]

    def _around(self) -> list[cloudwatch.IWidget]:
        tables = {
            "incidents": self._stateful.incidents,
            "timers": self._stateful.timers,
            "outbox": self._stateful.outbox,
            "timeline": self._stateful.timeline,
        }
        api = self._service.api.http.api_id
        return [
            self._graph(
                "Store: throttled writes, conflicts",
                [
                    table.metric("WriteThrottleEvents", statistic="Sum", label=f"{name} throttled")
                    for name, table in tables.items()
                ]
                + [self._stateful.incidents.metric("TransactionConflict", statistic="Sum", label="conflicts")],
            ),
            self._graph(
                "API", [of_aws("ApiGateway", each, ApiId=api, period=FIVE_MINUTES) for each in ("Count", "4xx", "5xx")]
            ),
            self._graph("SMS: spent this month, USD", [of_aws("SNS", "SMSMonthToDateSpentUSD", statistic="Maximum")]),
            self._graph(
                "E-mail: reputation",
                [of_aws("SES", f"Reputation.{each}", statistic="Maximum") for each in ("BounceRate", "ComplaintRate")],
            ),
        ]

    def _of(self, of: Counted, statistic: str, label: str | None = None) -> cloudwatch.Metric:
        return metric(self._stage, of, statistic=statistic, label=label)

    @staticmethod
    def _graph(title: str, figures: Sequence[cloudwatch.IMetric], *, late: int | None = None) -> cloudwatch.GraphWidget:
        line = [] if late is None else [cloudwatch.HorizontalAnnotation(value=late, label="late")]
        return cloudwatch.GraphWidget(title=title, width=_WIDTH // 4, left=list(figures), left_annotations=line)
