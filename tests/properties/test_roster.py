"""Every instant has exactly one team on duty, whatever the overrides, the zone and the hour of the hand-over (B5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.duties import duties_of
from shared.domain.instants import DAY, HOUR, MINUTE
from shared.domain.roster import candidates, seats_of, span_of, stand_ins, team_on_duty, turns, week_at
from shared.domain.roster_policy import WEEKDAYS, Handover, Override, Pair, Role, Roster, Team

ZONES = (
    "America/New_York",
    "America/St_Johns",  # at one minute past midnight, until 2011: back into the day before
    "America/Sao_Paulo",  # changed its clocks at midnight, until 2019
    "Asia/Shanghai",
    "Australia/Lord_Howe",  # by half an hour
    "Europe/Berlin",
    "Pacific/Apia",  # left out 30 December 2011
    "UTC",
)
TEAMS = ("north", "east", "south")
PEOPLE = tuple("abcdefghij")
PLACES = {"commander": 1, "legal": 2}

times = st.times(max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))
days = st.dates(date(2009, 1, 1), date(2030, 12, 31))
instants = st.datetimes(datetime(2008, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: int(moment.timestamp() * 1_000)
)
people = st.sampled_from(PEOPLE)
pairs = st.builds(Pair, a=people, b=people)


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    since = datetime.combine(draw(days), draw(times))
    until = since + draw(st.timedeltas(timedelta(minutes=1), timedelta(days=40)))
    if draw(st.booleans()):
        return Override(since=since, until=until, team=draw(st.sampled_from(TEAMS)))
    person, instead = draw(st.tuples(people, people).filter(lambda two: two[0] != two[1]))
    return Override(since=since, until=until, person=person, instead=instead)


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    seats = st.fixed_dictionaries(
        {role: st.lists(pairs, min_size=count, max_size=count).map(tuple) for role, count in PLACES.items()}
    )
    return Roster(
        zone=draw(st.sampled_from(ZONES)),
        handover=Handover(day=draw(st.sampled_from(WEEKDAYS)), at=draw(times)),
        starts=draw(days),
        rotation=tuple(draw(st.lists(st.sampled_from(TEAMS), min_size=1, max_size=5))),
        roles={role: Role(seats=count) for role, count in PLACES.items()},
        teams={name: Team(seats=draw(seats)) for name in TEAMS},
        overrides=tuple(draw(st.lists(overrides(), max_size=6))),
    )


def near(roster: Roster, at: int) -> tuple[int, ...]:
    """An instant, and those just before and at every edge around it."""
    week = week_at(roster, at)
    edges = [week.since, week.until, *(edge for each in roster.overrides for edge in span_of(roster, each))]
    return (at, *edges, *(edge - 1 for edge in edges))


@given(rosters(), instants)
def test_one_team_is_on_duty_and_an_override_decides_which(roster: Roster, at: int) -> None:
    for moment in near(roster, at):
        covering = [
            override.team
            for override in roster.overrides
            if override.team and span_of(roster, override)[0] <= moment < span_of(roster, override)[1]
        ]
        in_turn = roster.rotation[week_at(roster, moment).number % len(roster.rotation)]
        assert team_on_duty(roster, moment) == (covering[-1] if covering else in_turn)


@given(rosters(), instants)
def test_weeks_follow_each_other_without_gap_or_overlap(roster: Roster, at: int) -> None:
    for moment in near(roster, at):
        week = week_at(roster, moment)
        assert week.since <= moment < week.until
        assert week_at(roster, week.until) == (week.number + 1, week.until, week_at(roster, week.until).until)
        assert week_at(roster, week.since - 1).until == week.since
        assert week_at(roster, week.since - 1).number == week.number - 1
        assert abs(week.until - week.since - 7 * DAY) <= DAY  # a zone may leave out a day; the rest are hours


@given(rosters(), instants)
def test_the_hand_over_is_at_its_hour_of_the_wall_clock_unless_that_is_skipped(roster: Roster, at: int) -> None:
    since = week_at(roster, at).since
    local = datetime.fromtimestamp(since / 1_000, UTC).astimezone(ZoneInfo(roster.zone))
    assume(local.utcoffset() == (local - timedelta(days=2)).utcoffset())
    assert (WEEKDAYS[local.weekday()], local.time(), local.fold) == (roster.handover.day, roster.handover.at, 0)


@given(rosters(), instants)
def test_nobody_is_called_twice_and_the_team_on_duty_comes_first(roster: Roster, at: int) -> None:
    for moment in near(roster, at):
        standing_in = stand_ins(roster, moment)
        for role in roster.roles:
            for seat in seats_of(roster, role):
                called = candidates(roster, seat, moment)
                who = [each.person for each in called]
                assert len(set(who)) == len(who)
                assert (called[0].team, called[0].as_b) == (team_on_duty(roster, moment), False)
                sitting = {
                    standing_in.get(person, person)
                    for team in roster.teams.values()
                    for person in (team.seats[role][seat.number - 1].a, team.seats[role][seat.number - 1].b)
                }
                assert set(who) == sitting


@given(rosters(), instants, st.integers(MINUTE, 60 * DAY))
def test_between_turns_nothing_changes(roster: Roster, since: int, length: int) -> None:
    moments = turns(roster, since, since + length)
    assert moments[0] == since
    seats = [seat for role in roster.roles for seat in seats_of(roster, role)]
    for first, until in zip(moments, (*moments[1:], since + length), strict=True):
        assert first < until
        for seat in seats:
            assert candidates(roster, seat, first) == candidates(roster, seat, until - 1)


@given(rosters(), instants, people)
def test_the_duties_of_a_person_are_the_times_they_are_in_a_seat_of_the_team_on_duty(
    roster: Roster, since: int, person: str
) -> None:
    until = since + 21 * DAY
    duties = duties_of(roster, person, since, until)
    for moment in [*turns(roster, since, until), *range(since, until, 31 * HOUR)]:
        team, standing_in = team_on_duty(roster, moment), stand_ins(roster, moment)
        sitting = {
            (f"{role}.{index}" if roster.roles[role].seats > 1 else role, as_b)
            for role, pairs_of_role in roster.teams[team].seats.items()
            for index, pair in enumerate(pairs_of_role, 1)
            for named, as_b in ((pair.a, False), (pair.b, True))
            if standing_in.get(named, named) == person
        }
        assert {(duty.seat.name, duty.as_b) for duty in duties if duty.since <= moment < duty.until} == sitting
    assert all(duty.since < duty.until <= week_at(roster, duty.since).until for duty in duties)
