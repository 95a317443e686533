from pathlib import Path

import pytest

from bench import document, figures
from bench.figures import Figure, Section, Table, held_to

_LATE = Figure(name="p99 lateness", value=1_800, unit="ms")


def _section(*of: Figure, name: str = "lateness") -> Section:
    return Section(name=name, title="Lateness", about="Counted by hand.", figures=of, machine="a machine")


def test_the_document_is_what_the_committed_results_render_to() -> None:
    text = document.DOCUMENT.read_text()
    assert text == document.rendered(text)


def test_every_plot_of_a_committed_result_is_there() -> None:
    plots = [section.plot for path in figures.RESULTS.glob("*.json") if (section := figures.read(path.stem))]
    assert all((document.DOCUMENT.parent / plot).exists() for plot in plots if plot)


def test_a_missed_aim_is_said_before_anything_else() -> None:
    missed = held_to(_LATE, "at most", 1_500)
    assert document.section_text(_section(missed)).startswith(
        "> **Aim missed: p99 lateness** is 1,800 ms, aim: at most 1,500 ms."
    )


def test_a_missed_aim_stands_in_the_summary_too(tmp_path: Path) -> None:
    figures.write(_section(held_to(_LATE, "at most", 1_500)), tmp_path)
    text = document.rendered("<!-- figures: summary -->\n<!-- end: summary -->\n" + _place("lateness"), tmp_path)
    assert "✗ missed" in text.partition("<!-- end: summary -->")[0]


def test_an_aim_that_holds_is_not_called_missed() -> None:
    text = document.section_text(_section(held_to(_LATE, "at most", 2_000)))
    assert "✓" in text
    assert "missed" not in text


def test_a_baseline_is_shown_with_the_ratio_to_it() -> None:
    text = document.section_text(_section(_LATE.model_copy(update={"baseline": 900})))
    assert "| p99 lateness | 1,800 ms | 900 | 2.00 |" in text


def test_what_it_was_before_stands_beside_what_it_is() -> None:
    was = _section(_LATE.model_copy(update={"value": 4_000})).model_copy(update={"measured_at": "2026-01-01T00:00:00Z"})
    assert "| p99 lateness | 4,000 ms | 1,800 ms |" in document.section_text(_section(_LATE), was)


def test_a_result_that_is_still_the_one_from_before_is_not_shown_twice() -> None:
    only = _section(_LATE)
    assert "before" not in document.section_text(only, only).lower()


def test_rendering_again_changes_only_the_part_that_was_measured_again(tmp_path: Path) -> None:
    figures.write(_section(_LATE), tmp_path)
    figures.write(_section(_LATE, name="life"), tmp_path)
    first = document.rendered(_place("lateness") + _place("life"), tmp_path)
    figures.write(_section(_LATE.model_copy(update={"value": 3}), name="life"), tmp_path)
    again = document.rendered(first, tmp_path)
    assert again.split("<!-- figures: life -->")[0] == first.split("<!-- figures: life -->")[0]
    assert again != first


def test_a_result_without_a_place_in_the_document_is_refused(tmp_path: Path) -> None:
    figures.write(_section(_LATE, name="weather"), tmp_path)
    with pytest.raises(ValueError, match="weather"):
        document.rendered(_place("lateness"), tmp_path)


def test_a_table_shows_numbers_and_escapes_what_markdown_would_take_for_a_border() -> None:
    section = _section(_LATE).model_copy(
        update={"tables": (Table(title="Writes", columns=("what", "units"), rows=(("a|b", 12_345),)),)}
    )
    assert "| a\\|b | 12,345 |" in document.section_text(section)


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    section = _section(held_to(_LATE, "at least", 1))
    figures.write(section, tmp_path)
    assert figures.read("lateness", tmp_path) == section


def _place(name: str) -> str:
    return f"<!-- figures: {name} -->\n<!-- end: {name} -->\n"
