"""What goes wrong in a run: each seed switches some faults on and leaves the others off, so that rare pairs meet."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from random import Random


@dataclass(frozen=True)
class Faults:
    """Shares, each of one call, one run, one tick or one message.

    Attributes:
        unsent: a call that never left. lost: it was done, and the answer was lost. throttled: refused for load.
        conflict: a transaction that meets another one. slow: a call that takes seconds.
        partial: a batch of which the queue takes, or deletes, a part.
        killed: a run that dies around one of its calls. stuck: a run that hangs until it times out.
        doubled: a message or a batch of a stream that is delivered again though it was done.
        shuffled: a message that is delivered late, so out of order.
        stalled: a stream that stands still for minutes. no_tick, two_ticks, late_tick: the scheduler's.
        clocks: how far a machine's clock may be off, milliseconds; it is another from run to run, and jumps within one.
        wild: how far the clock of whoever sweeps or audits may be off: nothing relies on these (ADR 25).
        carrier_down: a send that is refused for now; carrier_refuses: for good; carrier_hangs: nobody knows;
        carrier_loses: taken, and never seen again. receipts: a receipt that is lost, doubled or late.
        outages: how many times a service cannot be reached for minutes.
        lag: milliseconds by which an index lags behind.
        erased: a timer that is gone from its table though nobody took its step: a slip by hand, a restore.
    """

    unsent: float = 0.0
    lost: float = 0.0
    throttled: float = 0.0
    conflict: float = 0.0
    slow: float = 0.0
    partial: float = 0.0
    killed: float = 0.0
    stuck: float = 0.0
    doubled: float = 0.0
    shuffled: float = 0.0
    stalled: float = 0.0
    no_tick: float = 0.0
    two_ticks: float = 0.0
    late_tick: float = 0.0
    clocks: float = 0.0
    wild: float = 0.0
    carrier_down: float = 0.0
    carrier_refuses: float = 0.0
    carrier_hangs: float = 0.0
    carrier_loses: float = 0.0
    receipts: float = 0.0
    outages: float = 0.0
    lag: float = 0.0
    erased: float = 0.0


_MOST = Faults(
    unsent=0.05,
    lost=0.08,
    throttled=0.08,
    conflict=0.1,
    slow=0.03,
    partial=0.1,
    killed=0.15,
    stuck=0.03,
    doubled=0.3,
    shuffled=0.2,
    stalled=0.05,
    no_tick=0.4,
    two_ticks=0.4,
    late_tick=0.4,
    clocks=300,
    wild=600_000,
    carrier_down=0.3,
    carrier_refuses=0.2,
    carrier_hangs=0.3,
    carrier_loses=0.1,
    receipts=0.5,
    outages=6,
    lag=20_000,
    erased=1,
)
"""What each may come to. A run in which all of it happens all the time would get nowhere and show nothing."""

NONE = Faults()
_A_QUIET_WORLD = 0.08
_ON = 0.5


def drawn(rng: Random) -> Faults:
    """The faults of a seed: about half of the kinds, each somewhere between rare and its most; sometimes none."""
    if rng.random() < _A_QUIET_WORLD:
        return NONE
    chosen = {
        field.name: getattr(_MOST, field.name) * rng.random() ** 2 for field in fields(Faults) if rng.random() < _ON
    }
    return replace(NONE, **chosen)
