"""A cold import is measured in an interpreter that knows nothing of this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.speed import cold_import


def test_it_sees_the_folders_it_is_given_and_leaves_no_bytecode(tmp_path: Path) -> None:
    (tmp_path / "handler.py").write_text("sum(range(10))\n")
    assert cold_import([tmp_path], "import handler") > 0
    assert [path.name for path in tmp_path.iterdir()] == ["handler.py"]


def test_it_does_not_see_what_is_installed_here(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="No module named 'pydantic'"):
        cold_import([tmp_path], "import pydantic")
