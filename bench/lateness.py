"""How late pages are: from the deadline to the carrier's own stamp, on the deployed stack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.bare_path import BarePath
from bench.deployed import Deployed, Mail, deployed, now, sleep_until, wait_for
from bench.distribution import Distribution
from bench.figures import Figure, Section, Table, held_to
from bench.lateness_plot import draw
from bench.own_share import HANDED_ON, Part, Run, by_incident, parts_of, put_probes, read_runs
from shared.domain.instants import SECOND

_SPREAD: Final = 600
_SPREAD_OVER: Final = 60 * SECOND
_BURST: Final = 300
_BURST_OVER: Final = 1 * SECOND
_BETWEEN: Final = 15 * SECOND
"""From the last of the spread to the first of the burst."""
_BARE: Final = 200
_BARE_OVER: Final = 20 * SECOND
_WARM_UP: Final = 60
_LEAST_LEAD: Final = 30 * SECOND
_LEAD_SHARE: Final = 0.75
"""Of the time that as many openings would take at the rate of the small heap, which a large one beats by far."""

_AIM_SPREAD: Final = 1_500
_AIM_OWN: Final = 150

_ABOUT: Final = """
{spread} complaints whose first response was due at {spread} moments spread over {over} s, and {burst} due within one
second, posted before; nobody answers, so each deadline pages the second rung. Lateness is the carrier's own stamp on
that e-mail less the deadline. The sweep and the audit ran as always, every minute. The baseline is the bare path on
the same emulator in the same run: a delayed message, a function that waits for its time and puts one item, a stream, a
function that sends a message, a function that sends a mail; {bare} of them at the same rate of ten a second.

The product's own share of a page is, summed over `fire_timer`, `relay_outbox` and `send_message`, the time from when
the function had the record (or from the deadline, where that was later) until it had handed the page on, less all time
in which it waited for an answer of AWS. One record that waits behind another's code counts; queues, streams, starts of
workers and the emulator's answers do not. It was told by a probe around each deployed handler that notes begin and end
of every HTTP request ([bench/probe.py](../bench/probe.py), [bench/own_share.py](../bench/own_share.py)).
""".strip()


@dataclass(frozen=True)
class _Page:
    """One page of a deadline (milliseconds UTC; `late` in milliseconds)."""

    due: int
    late: float
    parts: tuple[Part, ...]

    @property
    def own(self) -> float:
        return sum(part.own for part in self.parts)


def measure(say: Callable[[str], None]) -> Section:
    """On a stack of its own; some four minutes."""
    with deployed(say) as product, TemporaryDirectory() as folder:
        told = Path(folder) / "runs"
        put_probes(product.stack.client("lambda"), told)
        spread, burst = _pages(product, told, say)
        runs = read_runs(told)
        bare = _bare(BarePath(product.stack), say)
    return _section(spread, burst, bare, runs)


def _pages(product: Deployed, told: Path, say: Callable[[str], None]) -> tuple[list[_Page], list[_Page]]:
    taking = _wake(product, say)
    lead = max(_LEAST_LEAD, int(_LEAD_SHARE * taking * (_SPREAD + _BURST)))
    first = now() + lead
    burst_at = first + _SPREAD_OVER + _BETWEEN
    dues = {f"SPREAD-{n:04}": first + n * _SPREAD_OVER // _SPREAD for n in range(_SPREAD)}
    dues |= {f"BURST-{n:04}": burst_at + n * _BURST_OVER // _BURST for n in range(_BURST)}
    incidents = dict(zip(dues, product.post([product.complaint(*case) for case in dues.items()]), strict=True))
    say(f"{len(dues)} complaints posted; the first deadline is in {(first - now()) / SECOND:.0f} s")
    product.wait_for_mails(product.first, dues)
    ready = (first - now()) / SECOND
    say(f"all opened and paged {abs(ready):.0f} s {'before' if ready > 0 else 'AFTER'} the first deadline")
    if ready < 0:
        raise TimeoutError("the openings were not done before the first deadline: this machine is too busy to measure")
    sleep_until(burst_at + 5 * SECOND)
    mails = product.wait_for_mails(product.second, dues)
    runs = by_incident(read_runs(told))

    def page(case: str, mail: Mail) -> _Page:
        incident = incidents[case]
        return _Page(dues[case], mail.at - dues[case], tuple(parts_of(incident, dues[case], runs[incident])))

    pages = {case: page(case, mail) for case, mail in mails.items()}
    return [pages[case] for case in dues if case.startswith("SPREAD")], [
        pages[case] for case in dues if case.startswith("BURST")
    ]


def _wake(product: Deployed, say: Callable[[str], None]) -> float:
    """Start the workers on the whole way; milliseconds that one opening takes until its page is out, in a heap."""
    cold = [f"COLD-{n:03}" for n in range(_WARM_UP)]
    product.post([product.complaint(case, now() + 5 * SECOND) for case in cold])
    product.wait_for_mails(product.second, cold, pause=0.5)
    warm = [f"WARM-{n:03}" for n in range(_WARM_UP)]
    started = now()
    product.post([product.complaint(case, started + 12 * SECOND) for case in warm])
    product.wait_for_mails(product.first, warm, pause=0.2)
    each = (now() - started) / _WARM_UP
    product.wait_for_mails(product.second, warm, pause=0.5)
    say(f"awake; an opening takes {each:.0f} ms until its page is out")
    return each


def _bare(path: BarePath, say: Callable[[str], None]) -> list[float]:
    path.wake()
    first = now() + 10 * SECOND
    dues = {f"BARE-{n:04}": first + n * _BARE_OVER // _BARE for n in range(_BARE)}
    path.send(dues)
    say(f"the bare path: {_BARE} over {_BARE_OVER // SECOND} s")
    sleep_until(first + _BARE_OVER + SECOND)
    arrived: Mapping[str, float] = wait_for(lambda: path.arrived(dues), "the bare path's mails")
    return [arrived[name] - due for name, due in dues.items()]


def _section(spread: list[_Page], burst: list[_Page], bare: list[float], runs: list[Run]) -> Section:
    late, burst_late, bare_late = (
        Distribution.of(page.late for page in spread),
        Distribution.of(page.late for page in burst),
        Distribution.of(bare),
    )
    own = Distribution.of(page.own for page in spread)
    early = sum(page.late < 0 for page in (*spread, *burst))
    figures = (
        Figure(name="spread: p50", value=round(late.p50), unit="ms", baseline=round(bare_late.p50)),
        held_to(
            Figure(name="spread: p99", value=round(late.p99), unit="ms", baseline=round(bare_late.p99)),
            "at most",
            _AIM_SPREAD,
        ),
        Figure(name="spread: latest", value=round(late.most), unit="ms", baseline=round(bare_late.most)),
        Figure(name="spread: earliest", value=round(late.least), unit="ms", baseline=round(bare_late.least)),
        Figure(name="burst: p50", value=round(burst_late.p50), unit="ms"),
        Figure(name="burst: p99", value=round(burst_late.p99), unit="ms"),
        Figure(name="burst: latest", value=round(burst_late.most), unit="ms"),
        _requests("spread", spread, runs),
        _requests("burst", burst, runs),
        held_to(Figure(name="pages before their deadline", value=early, note="of both"), "at most", 0),
        Figure(name="own share, spread: p50", value=round(own.p50), unit="ms"),
        held_to(Figure(name="own share, spread: p99", value=round(own.p99), unit="ms"), "at most", _AIM_OWN),
    )
    return Section(
        name="lateness",
        title="Lateness of pages",
        about=_ABOUT.format(spread=_SPREAD, over=_SPREAD_OVER // SECOND, burst=_BURST, bare=_BARE),
        figures=figures,
        tables=(
            _where_it_goes("Where the time goes, spread (p50 / p99, ms)", spread),
            _where_it_goes("Where the time goes, burst (p50 / p99, ms)", burst),
        ),
        plot=draw({"spread": late, "burst": burst_late, "bare path": bare_late}),
    )


def _requests(name: str, pages: list[_Page], runs: list[Run]) -> Figure:
    """Requests to AWS for one page, counted over all that the three functions made from the first deadline on."""
    first, last = pages[0].due, max(page.due + page.late for page in pages)
    made = sum(first <= call.began <= last for run in runs for call in run.calls)
    return Figure(name=f"{name}: requests to AWS a page", value=round(made / len(pages), 1))


def _where_it_goes(title: str, pages: list[_Page]) -> Table:
    rows: list[tuple[str | int | float, ...]] = []
    for function in HANDED_ON:
        mine = [part for page in pages for part in page.parts if part.function == function]
        if mine:
            own, calls = Distribution.of(part.own for part in mine), Distribution.of(part.calls for part in mine)
            rows.append((f"`{function}`, own code", round(own.p50), round(own.p99)))
            rows.append((f"`{function}`, calls to AWS", round(calls.p50), round(calls.p99)))
    rest = Distribution.of(page.late - sum(part.own + part.calls for part in page.parts) for page in pages)
    rows.append(("queues, streams, workers", round(rest.p50), round(rest.p99)))
    late = Distribution.of(page.late for page in pages)
    rows.append(("**all of it**", round(late.p50), round(late.p99)))
    return Table(title=title, columns=("", "p50", "p99"), rows=tuple(rows))
