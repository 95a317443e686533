"""How long an SMS is, and how it is made shorter."""

from collections.abc import Iterator

import pytest

from shared.domain.sms import cut, cut_front, in_plain_letters, measure, one_line, only_gsm, shortest_of

FAMILY = "👨‍👩‍👧‍👦"
FLAG = "🇨🇳"
WAVE = "👋🏽"


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "segments"),
    [
        ("", "gsm", 0, 1),
        ("a" * 160, "gsm", 160, 1),
        ("a" * 161, "gsm", 161, 2),
        ("a" * 306, "gsm", 306, 2),
        ("a" * 307, "gsm", 307, 3),
        ("€" * 80, "gsm", 160, 1),
        ("[" + "a" * 158, "gsm", 160, 1),
        ("[" + "a" * 159, "gsm", 161, 2),
        ("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", "gsm", 42, 1),
        ("钟" * 70, "ucs2", 70, 1),
        ("钟" * 71, "ucs2", 71, 2),
        ("钟" * 134, "ucs2", 134, 2),
        ("钟" * 135, "ucs2", 135, 3),
        ("a" * 70 + "’", "ucs2", 71, 2),
        ("🔔" * 35, "ucs2", 70, 1),
        ("🔔" * 36, "ucs2", 72, 2),
        ("ç", "ucs2", 1, 1),
        ("`", "ucs2", 1, 1),
    ],
)
def test_an_sms_is_counted_as_carriers_count_it(text: str, alphabet: str, units: int, segments: int) -> None:
    size = measure(text)
    assert (size.alphabet, size.units, size.segments) == (alphabet, units, segments)


def test_a_pair_is_never_split_between_two_segments() -> None:
    # 66 emoji are 132 units and would fill two segments of 67 if one could be cut in half.
    assert measure("🔔" * 66).segments == 2
    assert measure("🔔" * 67).segments == 3
    # 152 letters leave one septet, which an escaped bracket does not fit into.
    assert measure("a" * 152 + "[" + "a" * 152).segments == 3
    assert measure("a" * 151 + "[" + "a" * 153).segments == 2


def test_the_fullest_wording_of_one_segment_is_taken() -> None:
    assert shortest_of(["a" * 161, "a" * 160, "a"]) == "a" * 160


def test_where_none_takes_one_segment_the_fullest_of_the_fewest_is_taken() -> None:
    assert shortest_of(["a" * 400, "b" * 300, "c" * 200]) == "b" * 300


def test_wordings_after_the_one_that_fits_are_not_even_made() -> None:
    def wordings() -> Iterator[str]:
        yield "short"
        raise AssertionError("asked for more")

    assert shortest_of(wordings()) == "short"


def test_no_wording_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        shortest_of([])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("  wide \u3000\u00a0 gaps ", "wide gaps"),
        ("\u202egnp.exe\u202c\u2066x\u2069", "gnp.exex"),
        ("a\x00\x07b\x7fc\x85d", "a b c d"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("half \ud83d pair", "half pair"),
        (f"{FAMILY}{FLAG}{WAVE}❤️", f"{FAMILY}{FLAG}{WAVE}❤️"),
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("می‌خواهم", "می‌خواهم"),
        ("", ""),
    ],
)
def test_any_text_becomes_one_clean_line(text: str, line: str) -> None:
    assert one_line(text) == line


@pytest.mark.parametrize(
    ("text", "longest", "short"),
    [
        ("顾客投诉", 4, "顾客投诉"),
        ("顾客投诉门店", 4, "顾客投…"),
        ("cut here now", 9, "cut here…"),
        (f"ab{FAMILY}cd", 6, "ab…"),
        (f"a{WAVE}b", 3, "a…"),
        (f"{FLAG}{FLAG}{FLAG}", 4, f"{FLAG}…"),
        ("cafe\u0301s are nice", 5, "caf…"),
    ],
)
def test_a_cut_never_splits_what_the_eye_sees_as_one(text: str, longest: int, short: str) -> None:
    assert cut(text, longest) == short
    assert len(short) <= longest


def test_a_pile_of_accents_cannot_swallow_the_whole_text() -> None:
    zalgo = "a" + "\u0301" * 500
    assert 1 < len(cut(zalgo, 60)) <= 60


def test_a_case_number_keeps_its_tail() -> None:
    assert cut_front("HOTLINE-2026-03-01-000042", 10) == "…01-000042"
    assert cut_front("C-1042", 10) == "C-1042"
    assert cut_front(f"xx{FAMILY}42", 7) == "…42"


def test_typography_becomes_plain_letters_and_the_rest_stays() -> None:
    assert in_plain_letters("“it’s” – so…") == '"it\'s" - so..'
    assert measure(in_plain_letters("“it’s” – so…")).alphabet == "gsm"
    assert only_gsm("投诉-1042") == "-1042"
