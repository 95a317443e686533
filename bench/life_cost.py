"""What one incident's life costs: requests, capacity units, invocations, and USD for a million of them.

Three lives are played through the real functions (bench/assembly_line.py) and counted at the clients.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bench import prices
from bench.assembly_line import AssemblyLine, assembly_line
from bench.figures import Figure, Section, Table, held_to
from bench.life_why import why, why_read
from bench.meter import Bill
from bench.monthly import monthly
from bench.prices import Prices
from infra import stages
from shared.domain.events import incident_id
from shared.domain.instants import DAY, HOUR, MINUTE, SECOND, parse_instant
from shared.domain.roster import candidates, seats_of

START: Final = parse_instant("2026-03-02T02:00:00Z")
"""A Monday, ten in the morning in Shanghai."""
MOST_WRITE_UNITS: Final = 32
MOST_INVOCATIONS: Final = 12
MOST_USD: Final = 30
_STAGE: Final = stages.prod()
"""Whose settings are priced."""
_CUSTOMER: Final = {"name": "王小明", "phone": "+8613800138000"}
_SOURCE: Final = "crm/hotline"
_ROLES: Final = ("commander", "legal", "public_relations")


@dataclass(frozen=True)
class Life:
    """A life that was played.

    Attributes:
        bill: what it used until its end.
        to_acknowledgement: the same until somebody acknowledged, with every receipt; None where that is not asked.
        logs: what each invocation logged.
    """

    title: str
    bill: Bill
    to_acknowledgement: Bill | None = None
    logs: tuple[tuple[str, tuple[str, ...]], ...] = ()


def measure(say: Callable[[str], None]) -> Section:
    """Play the lives and price them."""
    listed = prices.load()
    say("an incident acknowledged in time, resolved and confirmed")
    quick = acknowledged_in_time()
    say("one that reaches its second rung")
    climbed = two_rungs()
    say("a crisis with all its people and statements")
    crisis = full_crisis()
    acknowledged = quick.to_acknowledgement or quick.bill
    clock = monthly(listed)
    return Section(
        name="life",
        title="What an incident's life costs",
        about=_about(listed),
        figures=(
            *_figures("Acknowledged in time", acknowledged, listed, aimed=True),
            Figure(
                name="Acknowledged in time: CloudFront and its firewall before the API, beside that",
                value=round(usd_of_the_front(acknowledged, listed), 2),
                unit="USD",
                note="On production alone; their fixed prices, and bytes, are not in it.",
            ),
            *_figures("Acknowledged in time and on to its end", quick.bill, listed),
            *_figures("Two rungs, to its end", climbed.bill, listed),
            *_figures("A full crisis, to its end", crisis.bill, listed),
            Figure(name="What goes by the clock, and storage, a month", value=round(clock.usd, 2), unit="USD"),
        ),
        tables=(
            _written("Every write until it is acknowledged", acknowledged),
            _read("Every read until it is acknowledged", acknowledged),
            _summed("Every write from the acknowledgement to the end", quick.bill, after=acknowledged),
            _summed("Every write of two rungs", climbed.bill),
            _summed("Every write of a full crisis", crisis.bill),
            _invoked(acknowledged, quick.bill, climbed.bill, crisis.bill),
            _priced(acknowledged, quick.bill, climbed.bill, crisis.bill, listed=listed),
            clock.table,
        ),
    )


def acknowledged_in_time() -> Life:
    """An ordinary complaint with its customer: one page by SMS, acknowledged by its link, resolved, confirmed."""
    with assembly_line(START) as line:
        _warm_up(line)
        _complain(line)
        line.run(START + HOUR + 10 * MINUTE)
        line.use_link("acknowledge")
        line.run(START + HOUR + 12 * MINUTE)
        first, line.meter.bill = line.meter.bill, Bill()
        line.run(START + 2 * HOUR)
        line.use_link("resolve", solution="replaced")
        line.run(START + 3 * HOUR)
        line.post("complaint.confirmed", "C-1042", "e9", by="hotline")
        line.run(START + 5 * DAY)
        return Life("acknowledged in time", _sum(first, line.meter.bill), first, tuple(line.logs))


def two_rungs() -> Life:
    """Nobody answers the first page and the warning; the next rung is paged at the deadline and acknowledges."""
    with assembly_line(START) as line:
        _warm_up(line)
        _complain(line)
        line.run(START + HOUR + 2 * HOUR + 10 * MINUTE)
        line.use_link("acknowledge")
        line.run(START + 4 * HOUR)
        line.use_link("resolve", solution="replaced")
        line.run(START + 5 * HOUR)
        line.post("complaint.confirmed", "C-1042", "e9", by="hotline")
        line.run(START + 5 * DAY)
        return Life("two rungs", line.meter.bill)


def full_crisis() -> Life:
    """Food poisoning that the nation reads of: the group is called and comes, three statements, the end."""
    with assembly_line(START) as quiet:
        seats = _seats(quiet)
    people = tuple(dict.fromkeys(seats.values()))
    commander, lawyer, spokesperson = (seats[role] for role in _ROLES)
    crisis = incident_id(_SOURCE, "C-1042")
    with assembly_line(START, people=(*people, "wang.fang")) as line:
        _warm_up(line)
        began = START + HOUR
        _complain(line, summary="孩子喝了酸奶后食物中毒", reposts=52_000, store="SH-002", category="food")
        line.run(began + 2 * MINUTE)
        for person in people:
            line.say(person, crisis, "confirm-call")
        line.run(began + 5 * MINUTE)
        for after, rung, revision in ((5 * MINUTE, "first", 1), (4 * HOUR, "progress", 1), (40 * HOUR, "full", 1)):
            line.run(began + after)
            line.say(spokesperson, crisis, "draft", rung=rung, text={"zh-CN": "我们已下架该批次牛奶。" * 10})
            line.run(began + after + MINUTE)
            for approver in (lawyer, commander):
                line.say(approver, crisis, "approve", rung=rung, revision=revision)
            if rung == "first":
                line.run(began + 25 * MINUTE)
                line.say(commander, crisis, "milestone", milestone="plan", text="recall")
                line.run(began + 50 * MINUTE)
                line.say(commander, crisis, "milestone", milestone="review", text="done")
                line.say("wang.fang", crisis, "acknowledge")
        line.run(began + 49 * HOUR)
        line.say("wang.fang", crisis, "resolve", solution="recalled")
        line.say(commander, crisis, "stand-down", reason="the batch was recalled")
        line.run(began + 50 * HOUR)
        line.post("complaint.confirmed", "C-1042", "e9", by="hotline")
        line.run(began + 5 * DAY)
        return Life("a full crisis", line.meter.bill)


def usd_for_a_million(bill: Bill, listed: Prices) -> dict[str, float]:
    """What the requests of a million such lives cost, by service; seals go by the clock and are not among it."""
    assumed = listed.assumptions
    invocations = sum(count for name, count in bill.invocations.items() if name != "seal_heads")
    seconds = invocations * assumed.lambda_billed_ms / 1_000
    # Each message is sent, received and deleted; one at a time, as nobody else's share a batch.
    # Timers are sent by the sweep, which is not among the requests of a life.
    queued = 3 * (bill.requests["sqs:SendMessageBatch"] + bill.invocations["fire_timer"])
    asked = _asked(bill)
    site = sum(count for name, count in bill.puts.items() if name != "seal_heads")
    million = 1_000_000
    return {
        "DynamoDB writes": listed.of("dynamodb_write", bill.write_units * million),
        "DynamoDB reads": listed.of("dynamodb_read", bill.read_units * million),
        "Lambda": listed.of("lambda_request", invocations * million)
        + listed.of("lambda_time", seconds * assumed.lambda_memory_gb * million),
        "SQS": listed.of("sqs_request", queued * million),
        "HTTP API": listed.of("http_api", asked * million),
        "S3": listed.of("s3_put", site * million),
        "Logs": listed.of("logs", (bill.log_bytes + assumed.api_log_bytes * asked) * million),
        "X-Ray": listed.of("trace", invocations * (assumed.traced_share if _STAGE.traced else 0) * million),
    }


def usd_of_the_front(bill: Bill, listed: Prices) -> float:
    """What CloudFront and its firewall take of a million such lives, where a stage has them before the API."""
    million = 1_000_000 * _asked(bill)
    return listed.of("cloudfront", million) + listed.of("firewall", million)


def _asked(bill: Bill) -> int:
    """Requests to the API."""
    return sum(bill.invocations[name] for name in ("intake_api", "respond"))


def _warm_up(line: AssemblyLine) -> None:
    """Somebody else's incident before, opened and closed: what a function reads once is read."""
    line.post("complaint.received", "C-1", "w1", summary="warm", channel="hotline")
    line.run(START + 10 * MINUTE)
    line.use_link("acknowledge")
    line.use_link("resolve", solution="cooled")
    line.post("complaint.confirmed", "C-1", "w2", by="hotline")
    line.run(START + HOUR)
    line.meter.bill = Bill()


def _complain(line: AssemblyLine, *, summary: str = "水壶漏水，已经第二次了", **data: str | int) -> None:
    line.post("complaint.received", "C-1042", "e1", summary=summary, channel="hotline", customer=_CUSTOMER, **data)
    line.run(line.clock.now() + 30 * SECOND)


def _seats(line: AssemblyLine) -> dict[str, str]:
    """Who is on duty, A of each seat; of several seats of a role the first goes by the role's own name."""
    roster = line.policy.roster
    if roster is None:
        raise LookupError("the policy has no roster")
    seats = [seat for role in roster.roles for seat in seats_of(roster, role)]
    return {seat.name.removesuffix(".1"): candidates(roster, seat, START + HOUR)[0].person for seat in seats}


def _sum(*bills: Bill) -> Bill:
    total = Bill()
    for bill in bills:
        total.writes += bill.writes
        total.reads += bill.reads
        total.requests.update(bill.requests)
        total.puts.update(bill.puts)
        total.invocations.update(bill.invocations)
        total.log_bytes += bill.log_bytes
    return total


def _figures(life: str, bill: Bill, listed: Prices, *, aimed: bool = False) -> tuple[Figure, ...]:
    usd = sum(usd_for_a_million(bill, listed).values())
    found = (
        (Figure(name=f"{life}: write units", value=bill.write_units, unit="units"), MOST_WRITE_UNITS),
        (Figure(name=f"{life}: read units", value=bill.read_units, unit="units"), 0),
        (Figure(name=f"{life}: Lambda invocations", value=bill.invocations.total(), unit=""), MOST_INVOCATIONS),
        (Figure(name=f"{life}: a million of them", value=round(usd, 2), unit="USD"), MOST_USD),
    )
    return tuple(held_to(figure, "at most", limit) if aimed and limit else figure for figure, limit in found)


def _written(title: str, bill: Bill) -> Table:
    """Write by write, in their order."""
    return Table(
        title=title,
        columns=("function", "row", "action", "bytes", "units", "of indexes", "why"),
        rows=tuple(
            (write.function, write.row, write.action, write.size, write.units, write.index_units, why(write))
            for write in bill.writes
        ),
    )


def _read(title: str, bill: Bill) -> Table:
    """Read by read, in their order."""
    return Table(
        title=title,
        columns=("function", "row", "request", "bytes", "units", "why"),
        rows=tuple(
            (read.function, read.row, read.how, read.size, read.units, why_read(read.row)) for read in bill.reads
        ),
    )


def _summed(title: str, bill: Bill, *, after: Bill | None = None) -> Table:
    """The writes, those of one kind in one row."""
    writes = bill.writes[len(after.writes) if after else 0 :]
    rows: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for write in writes:
        counted = rows[write.function, write.row, write.action, why(write)]
        for place, amount in enumerate((1, write.units, write.index_units)):
            counted[place] += amount
    return Table(
        title=title,
        columns=("function", "row", "action", "writes", "units", "of indexes", "why"),
        rows=tuple((*names[:3], *counted, names[3]) for names, counted in rows.items()),
    )


def _invoked(*bills: Bill) -> Table:
    names = sorted({name for bill in bills for name in bill.invocations})
    return Table(
        title="Invocations",
        columns=("function", *_LIVES),
        rows=tuple((name, *(bill.invocations[name] for bill in bills)) for name in names),
    )


def _priced(*bills: Bill, listed: Prices) -> Table:
    found = [usd_for_a_million(bill, listed) for bill in bills]
    rows: list[tuple[str | float, ...]] = [(name, *(round(each[name], 2) for each in found)) for name in found[0]]
    rows.append(("Together", *(round(sum(each.values()), 2) for each in found)))
    return Table(title="USD for a million", columns=("", *_LIVES), rows=tuple(rows))


_LIVES: Final = ("acknowledged", "to its end", "two rungs", "crisis")


def _about(listed: Prices) -> str:
    assumed = listed.assumptions
    return (
        "Each life is played through the real handlers over the real adapters and boto3 clients, every record an "
        "invocation of its own; moto answers instead of AWS. Requests are counted by botocore's events. Units follow "
        "AWS's rules from the request and the items it met (`bench/billing.py`), not from what the emulator answers to "
        "ReturnConsumedCapacity: a transaction costs twice the kilobytes of each action, a condition check too; an "
        "index costs plain units for entries that come or go. The complaint carries its customer; the page goes by "
        "SMS, and a receipt comes back for each message. The aims hold for the way to the acknowledgement; what the "
        "same incident costs until it is closed stands beside it. What carriers charge is not among it.\n\n"
        f"Prices: {listed.source}, {listed.as_of}, in `bench/prices.yaml`. {listed.to_be_checked} Assumed: "
        f"{assumed.lambda_billed_ms:g} ms billed for an invocation at {assumed.lambda_memory_gb:g} GB, and "
        f"{assumed.incidents_a_month:,} incidents a month, which share what goes by the clock: the seals of the "
        "timeline are among that, one call and one object a minute for all incidents. The functions of this process "
        "share one copy of the policy; deployed, each reads which one is current every 15 s at most, however many "
        "incidents there are. What partners' webhooks take stays in the process."
    )
