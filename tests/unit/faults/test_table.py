"""The page about faults says what the tests show."""

from pathlib import Path

import pytest

from tests.faults.table import PAGE, page, row_of


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run python -m tests.faults.table"


def test_a_test_that_does_not_say_its_fault_is_none(tmp_path: Path) -> None:
    path = tmp_path / "test_f99_thing.py"
    path.write_text('"""F98: a thing: nothing."""\n\n\ndef test_it() -> None: ...\n')
    with pytest.raises(ValueError, match="begin"):
        row_of(path)
    path.write_text('"""F99: a thing: nothing."""\n')
    with pytest.raises(ValueError, match="nothing"):
        row_of(path)
    path.write_text('"""F99: a thing: nothing."""\n\n\ndef test_it_is() -> None: ...\n')
    assert row_of(path).line == "| F99 | a thing: nothing | `test_f99_thing.py`: it is |"
