"""The complaints that joined a crisis, as they are kept with it: a hundred by name, the rest as one figure.

A matter a nation talks about has thousands of complaints, and every commit of the crisis writes all that it keeps.
"""

from dataclasses import replace

from shared.domain.crisis import JoinedComplaint
from shared.domain.sms import cut, one_line

MOST_NAMED = 100
_LONGEST_SUMMARY = 80
_SCOPES = (None, "store", "region", "nation")


def with_joined(joined: tuple[JoinedComplaint, ...], told: JoinedComplaint) -> tuple[JoinedComplaint, ...]:
    """Those who joined, after one of them told its figures, for the first time or again."""
    short = replace(told, summary=cut(one_line(told.summary), _LONGEST_SUMMARY), earlier_cny=None)
    named = [each for each in joined if each.complaint]
    rest = next((each for each in joined if not each.complaint), None)
    if any(each.complaint == told.complaint for each in named):
        named = [short if each.complaint == told.complaint else each for each in named]
    elif len(named) < MOST_NAMED:
        named.append(short)
    else:
        rest = _together(rest or JoinedComplaint("", count=0), told)
    return (*named, rest) if rest else tuple(named)


def _together(rest: JoinedComplaint, told: JoinedComplaint) -> JoinedComplaint:
    again = told.earlier_cny is not None
    return JoinedComplaint(
        complaint="",
        scope=max(rest.scope, told.scope, key=_SCOPES.index),
        amount_cny=(rest.amount_cny or 0) + (told.amount_cny or 0) - (told.earlier_cny or 0),
        reposts=max(rest.reposts or 0, told.reposts or 0),
        count=rest.count + (not again),
    )
