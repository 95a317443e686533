"""What the functions count, and under which name the stage finds it again.

Embedded metrics, dimension `service` = the function's name; each stage counts in a namespace of its own.
"""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.stages import Stage

Counted = tuple[str, str]
"""A metric's name, and the function that counts it."""

MINUTE: Final = Duration.minutes(1)
FIVE_MINUTES: Final = Duration.minutes(5)

SWEPT: Final[Counted] = ("TimersHandedOver", "sweep_timers")
"""One sample a sweep, whatever it found."""
AUDITED: Final[Counted] = ("AuditHeartbeat", "audit")
PULSE: Final[Counted] = ("HeartbeatLateness", "fire_timer")
"""A timer every minute that pages nobody: it proves the way from the sweep to the claim."""
STEP: Final[Counted] = ("StepLateness", "fire_timer")
"""Milliseconds between a step's due time and its commit."""
SEND: Final[Counted] = ("SendLatenessMs", "send_message")
"""Milliseconds between when a message was due and when its carrier was called."""
ERRAND: Final[Counted] = ("ErrandLateness", "run_errands")
"""Milliseconds between the step that asked for something, a statement on the site for one, and its being done."""
PROBE: Final[Counted] = ("ProbeLateness", "send_probe")
"""Milliseconds by which the latest page of a synthetic complaint was late."""
ALIVE: Final[Counted] = ("ProvedAlive", "prove_alive")
"""1 where every part of the pager showed a sign of life lately, else 0."""
OUTSIDE_DEAF: Final[Counted] = ("HeartbeatsFailed", "prove_alive")
PARKED: Final[Counted] = ("ParkedTimers", "audit")
TOO_EARLY: Final[Counted] = ("TimersTooEarly", "fire_timer")
"""A wrong clock handed them over; they are left where they are."""
REFUSALS: Final[dict[str, Counted]] = {
    "for now": ("CarrierPutOff", "send_message"),
    "for good": ("CarrierRefused", "send_message"),
    "no answer": ("CarrierSilent", "send_message"),
}
"""The same failures as by carrier, by how it failed."""

FINDINGS: Final[dict[Counted, str]] = {
    ("OverdueTimers", "audit"): "timers that nobody fired in time",
    ("StuckMessages", "audit"): "messages that never left the outbox",
    ("StuckErrands", "audit"): "errands that nobody ran: a statement may not be on the site",
    ("SilentIncidents", "audit"): "open incidents whose next step did not come",
    ("TimersParked", "fire_timer"): "timers that failed again and again and were set aside",
    ("TimersNotArmed", "arm_timers"): "timers born late could not be handed on and wait for the sweep",
    ("MessagesNotRelayed", "relay_outbox"): "messages could not be handed on and wait for the audit",
    ("SendsFailed", "send_message"): "a send failed for a reason that is not the carrier's",
    ("ErrandsPutAside", "run_errands"): "an errand led nowhere and waits in quarantine",
    ("HeadsNotSealed", "seal_heads"): "a line of a timeline could not be read and has no copy of its hash",
    ("AuditGaveUp", "audit"): "the audit could not drive something again",
    ("Quarantined", "intake"): "events that could not be taken and wait for a person",
    ("Quarantined", "fire_timer"): "updates whose complaint never came and wait for a person",
    ("MessagesUndeliverable", "send_message"): "somebody could not be reached over any channel",
    ("MessagesUndeliverable", "record_delivery"): "somebody could not be reached over any channel",
    ("MessagesUndeliverable", "audit"): "somebody could not be reached over any channel",
}
"""What the functions count when a person should look."""
PROBE_FINDINGS: Final[dict[Counted, str]] = {
    ("ProbesLost", "send_probe"): "a synthetic complaint was handed in, and a page of it did not go out",
    ("ProbesUnconfirmed", "send_probe"): "a synthetic complaint's mail was taken, and its receipt never came",
}
"""The same of a stage with synthetic complaints."""

CARRIER_FAILURES: Final[dict[str, Counted]] = {
    via: (f"CarrierFailuresBy{via}", "send_message") for via in ("Sms", "Email", "Webhook")
}
"""What a carrier refused, for now or for good, or did not answer."""
SENT: Final[dict[str, Counted]] = {via: (f"MessagesSentBy{via}", "send_message") for via in CARRIER_FAILURES}


def metric(
    stage: Stage, counted: Counted, *, statistic: str, period: Duration = MINUTE, label: str | None = None
) -> cloudwatch.Metric:
    """A figure that a function counts."""
    name, service = counted
    return cloudwatch.Metric(
        namespace=stage.metrics_namespace,
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=period,
        label=label,
    )


def of_aws(
    namespace: str, name: str, *, statistic: str = "Sum", period: Duration = FIVE_MINUTES, **dimensions: str
) -> cloudwatch.Metric:
    """A figure that a service of AWS counts by itself."""
    return cloudwatch.Metric(
        namespace=f"AWS/{namespace}",
        metric_name=name,
        dimensions_map=dimensions or None,
        statistic=statistic,
        period=period,
    )
