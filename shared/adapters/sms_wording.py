"""The wordings of an SMS, from the fullest to the shortest: the first that takes one segment is sent.

What goes first matters least; the drill mark, what to do and the link never go.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from shared.domain.sms import cut, cut_front, only_gsm

_Cuts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Pieces:
    """What an SMS is made of, each as it will be read; an empty one is left out.

    Attributes:
        clock: what it is about: a clock, a milestone, a seat, a statement.
        by: until when; also: what else it is about, `also_short` the same as a count.
        late: by how much the message comes late.
    """

    level: str
    case: str
    clock: str
    by: str = ""
    also: str = ""
    also_short: str = ""
    late: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Cuts:
    """How a wording gets shorter: piece by piece to so many characters, 0 for none.

    Attributes:
        first: what may go before a text of plain letters gives up those that cost it half its room; last: after that.
    """

    first: _Cuts
    last: _Cuts


OF_COMPLAINT = Cuts(
    first=(("by", 0), ("about", 16), ("level", 16), ("clock", 20), ("case", 24)),
    last=(
        ("case", 16),
        ("clock", 0),
        ("level", 8),
        ("case", 10),
        ("about", 8),
        ("level", 0),
        ("case", 6),
        ("case", 3),
        ("case", 0),
    ),
)
OF_GROUP = Cuts(
    first=(("clock", 24), ("case", 24)),
    last=(
        ("case", 16),
        ("clock", 16),
        ("case", 10),
        ("clock", 10),
        ("case", 6),
        ("case", 3),
        ("clock", 6),
        ("case", 0),
        ("level", 0),
        ("clock", 0),
    ),
)
"""To whoever is called at night the grade and the seat say more than the number of the case."""
OF_STATEMENT = Cuts(
    first=(("clock", 24), ("case", 24)),
    last=(
        ("case", 16),
        ("clock", 16),
        ("case", 10),
        ("clock", 10),
        ("case", 6),
        ("level", 0),
        ("case", 3),
        ("by", 0),
        ("clock", 6),
        ("case", 0),
        ("clock", 0),
    ),
)
"""A statement and when it is due say more than grade and case."""
OF_PUBLIC = Cuts(first=(("about", 40),), last=(("about", 24), ("about", 12), ("about", 6)))


def wordings(
    pieces: Pieces, cuts: Cuts, dots: str, write: Callable[[Pieces], str], *, plain_letters: bool
) -> Iterator[str]:
    """Each wording, as `write` puts the pieces together.

    Args:
        pieces: all there is to say.
        cuts: what goes first.
        dots: what marks a cut.
        write: makes the text of some pieces.
        plain_letters: whether everything else in the text is of the GSM alphabet: one Chinese character in a case
            number then costs ninety others.
    """
    yield write(pieces)
    if pieces.also:
        pieces = replace(pieces, also=pieces.also_short)
        yield write(pieces)
        pieces = replace(pieces, also="")
        yield write(pieces)
    for name, longest in cuts.first:
        pieces = _shortened(pieces, name, longest, dots)
        yield write(pieces)
    if plain_letters:
        pieces = Pieces(**{name: only_gsm(getattr(pieces, name)) for name in Pieces.__slots__})
        yield write(pieces)
    for name, longest in cuts.last:
        pieces = _shortened(pieces, name, longest, dots)
        yield write(pieces)


def _shortened(pieces: Pieces, name: str, longest: int, dots: str) -> Pieces:
    text = getattr(pieces, name)
    if not longest:
        return replace(pieces, **{name: ""})
    shorter = cut_front(text, longest, dots) if name == "case" else cut(text, longest, dots)
    return replace(pieces, **{name: shorter})
