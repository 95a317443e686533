"""The loader: every mistake at once, each with its file, line and field."""

from __future__ import annotations

import re
from datetime import date, time
from pathlib import Path

import pytest

from shared.adapters import policy_yaml
from shared.adapters.policy_yaml import PolicyError, check, load, parse
from shared.domain.instants import HOUR, MINUTE
from tests.unit.policy_text import FULL, SMALL


def problems(text: str) -> list[str]:
    return [str(problem) for problem in check(text, "house.yaml").problems]


def edited(old: str, new: str, text: str = SMALL) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def marked_line(text: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if "# HERE" in line)


def test_a_policy_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(SMALL, encoding="utf-8")
    for source in (file, str(file)):
        policy = load(source)
        assert policy.policy == "small"
        assert dict(policy.levels["low"].clocks.running) == {"respond": 2 * HOUR, "resolve": 24 * HOUR}
        assert policy.levels["high"].window == 10 * MINUTE


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_text(SMALL, encoding="utf-8-sig")
    assert load(file).policy == "small"


WINDOW = "    window: 10m"
TAIL = "operations: [cy]"


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        (WINDOW, "    window: soon # HERE", "levels.high.window", "must be a duration such as .*30m"),
        (WINDOW, "    window: 10 # HERE", "levels.high.window", "must be a duration such as"),
        (WINDOW, "    window: 0m # HERE", "levels.high.window", "must be longer than zero"),
        (WINDOW, "    window: -5m # HERE", "levels.high.window", "must be a duration such as"),
        (WINDOW, "    window: [10m] # HERE", "levels.high.window", "must be a duration such as"),
        (WINDOW, "    window: # HERE", "levels.high.window", "has no value"),
        (WINDOW, "    window: 10m\n    window: 5m # HERE", "levels.high.window", "stands here twice, first on line 8"),
        ("    urgent: true", "    urgent: 30m # HERE", "levels.high.urgent", "must be true or false"),
        ("    urgent: true", "    urgnet: true # HERE", "levels.high.urgnet", "did you mean 'urgent'"),
        ("{respond: 30m}", "{answer: 30m} # HERE", "levels.high.clocks.answer", "there is respond, propose, step_in"),
        ("policy: small", "policy: Small House # HERE", "policy", "must be a name of a-z"),
        ("policy: small", "policy: !env NAME # HERE", "policy", "has a tag"),
        ("  high:\n", "  High: # HERE\n", "levels.High", "must be a name of a-z"),
        ("  default: low", "  default: low\n  defualt: low # HERE", "classification.defualt", "did you mean 'default'"),
        ("people: [cy]}", "people: cy} # HERE", "chains.default[2].people", r"must be a list such as \[a, b\]"),
        ("{rung: second, people: [bob]}", "{people: [bob]} # HERE", "chains.default[1].rung", "is missing"),
        ("{rung: second, people: [bob]}", "second # HERE", "chains.default[1]", "must be a mapping"),
        ("{keywords: hurt}, level: high}", "{}, level: high} # HERE", "classification.rules[0].when", "always hold"),
        ("email: bob@example.com}", "email: bob} # HERE", "people.bob.email", "must be an e-mail address"),
        ("email: bob@example.com}", "phone: 138} # HERE", "people.bob.phone", "E.164"),
        ("email: bob@example.com}", "webhook: ftp://b} # HERE", "people.bob.webhook", "must be a URL"),
        (TAIL, "operations: [] # HERE", "operations", "must have at least one entry"),
        (TAIL, f"{TAIL}\nzone: Mars # HERE", "zone", "no time zone"),
        (TAIL, f"{TAIL}\nwarning_share: 80% # HERE", "warning_share", "must be a number"),
        (TAIL, f"{TAIL}\nwarning_share: 80 # HERE", "warning_share", "must be less than 1"),
        (TAIL, f"{TAIL}\nclose_requires: maybe # HERE", "close_requires", "must be 'none' or 'confirmation'"),
        (TAIL, f"{TAIL}\nstorm: {{messages_per_minute: 1.5}} # HERE", "storm.messages_per_minute", "whole number"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_field(old: str, new: str, field: str, message: str) -> None:
    text = edited(old, new)
    [found] = problems(text)
    assert re.fullmatch(rf"house\.yaml:{marked_line(text)}: {re.escape(field)}: .*{message}.*", found), found


def test_a_missing_field_is_named_where_its_part_begins() -> None:
    text = edited("  high:\n", "  high: # HERE\n").replace(f"{WINDOW}\n", "")
    assert problems(text) == [f"house.yaml:{marked_line(text)}: levels.high.window: is missing"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("opens: 09:00", "opens: 0900", "must be a time such as 09:00"),
        ("opens: 09:00", "opens: 9", "must be a time such as 09:00"),
        ("opens: 09:00", "opens: 09:00Z", "must be a time without a zone"),
        ("2026-12-25", "86400", "must be a date such as 2026-02-17"),
        ("closes: 18:00", "closes: 24:00", "the end of the day is 00:00"),
        ("2026-12-25", "20261225", "must be a date such as 2026-02-17"),
        ("2026-12-25", "2026-02-30", "date"),
    ],
)
def test_times_and_dates_are_not_guessed(old: str, new: str, message: str) -> None:
    [found] = problems(edited(old, new, FULL))
    assert re.search(rf"calendars\.office\.(open\[0\]|holidays\[0\]).*{message}", found)


def test_yaml_does_not_turn_words_into_something_else() -> None:
    text = edited(
        "{region: north}", "{region: no, store: 10:30, department: on, product: 0755, category: 2026-01-01}", FULL
    )
    when = parse(text, "house").routing[0].when
    assert dict(when.wanted) == {
        "region": "no",
        "store": "10:30",
        "department": "on",
        "product": "0755",
        "category": "2026-01-01",
    }
    calendar = parse(text, "house").calendars["office"]
    assert (calendar.open[0].opens, calendar.open[0].closes) == (time(9), time(18))
    assert calendar.holidays == (date(2026, 12, 25),)


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = (
        SMALL.replace("window: 30m", "window: soon")
        .replace("[bob]", "bob")
        .replace("operations: [cy]", "operation: [cy]")
    )
    assert [said.split(": ")[:2] for said in problems(text)] == [
        ["house.yaml:1", "operations"],
        ["house.yaml:5", "levels.low.window"],
        ["house.yaml:19", "chains.default[1].people"],
        ["house.yaml:25", "operation"],
    ]
    with pytest.raises(PolicyError) as caught:
        parse(text, "house.yaml")
    assert str(caught.value).splitlines() == problems(text)


def test_findings_of_the_cross_check_have_their_lines_too() -> None:
    text = edited("people: [bob]}", "people: [bert]} # HERE")
    [found] = problems(text)
    place = f"house.yaml:{marked_line(text)}: chains.default[1].people[0]"
    assert found == f"{place}: there is no person 'bert'; there is 'ann', 'bob' or 'cy'"
    assert problems(text.replace("[bert]", "[bobb]")) == [f"{place}: there is no person 'bobb'; did you mean 'bob'?"]


def test_warnings_say_so_and_do_not_refuse(tmp_path: Path) -> None:
    text = edited("people: [bob]}", "people: [ann]} # HERE")
    [found] = problems(text)
    assert found.startswith(f"house.yaml:{marked_line(text)}: warning: chains.default[1].people[0]: 'ann'")
    file = tmp_path / "house.yaml"
    file.write_text(text, encoding="utf-8")
    assert load(file).policy == "small"


def test_a_number_that_cannot_be_dialled_is_refused_by_the_full_check_without_showing_it() -> None:
    text = edited("email: bob@example.com}", 'phone: "+8612345678901"} # HERE')
    [found] = problems(text)
    assert found.startswith(f"house.yaml:{marked_line(text)}: people.bob.phone: ")
    assert "12345678901" not in found


def test_a_stored_version_is_read_even_where_a_later_check_would_refuse_it() -> None:
    text = edited("people: [bob]}", "people: [bert]}")
    assert parse(text, "small@1").chains["default"][1].people == ("bert",)
    with pytest.raises(PolicyError, match=r"small@1:5: levels\.low\.window"):
        parse(edited("window: 30m", "window: soon"), "small@1")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "is empty"),
        ("# nothing\n", 1, "is empty"),
        ("- a\n- b\n", 1, "must be a mapping"),
        ("policy: a\nlevels: {low: [}\n", 2, "is not YAML"),
        ("policy: a\nlevels:\n\tlow: 1\n", 3, "is not YAML"),
        ("policy: a\n---\npolicy: b\n", 2, "is not YAML"),
        ("policy: a\nname: \x07\n", 2, "is not YAML"),
        ("policy: a\n? [b]\n: c\n", 2, "a key must be a plain name"),
        ("policy: &a [*a]\n", 1, "is an alias"),
        ("policy: " + "[" * 100 + "]" * 100, 1, "is nested too deeply"),
        ("policy: " + "a" * 300_000, 1, "is larger than 256 KiB"),
    ],
)
def test_what_is_no_policy_at_all_is_said_in_one_place(text: str, line: int, message: str) -> None:
    assert any(said.startswith(f"house.yaml:{line}: ") and message in said for said in problems(text)), problems(text)


def test_an_alias_is_refused_where_it_stands() -> None:
    text = edited("clocks: {respond: 2h, resolve: 24h}", "clocks: &slow {respond: 2h, resolve: 24h}")
    text = edited("{respond: 30m}", "*slow # HERE", text)
    assert [said.split(": ")[:2] for said in problems(text)] == [
        [f"house.yaml:{marked_line(text)}", "levels.high.clocks"],
    ]


def test_a_policy_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(PolicyError, match=r"^nowhere:1: cannot be read .*it-service-desk, retail, three-tier$"):
        load("nowhere")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "house.yaml"
    file.write_bytes(b"policy: \xff\xfe")
    with pytest.raises(PolicyError, match="is not UTF-8 text"):
        load(file)


def test_a_directory_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        load(tmp_path)


def test_a_shipped_policy_is_named_by_its_file_in_messages() -> None:
    assert policy_yaml.read_text("retail")[0] == "retail.yaml"
