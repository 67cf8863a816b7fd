"""The page about the simulator names tests that are there."""

from pathlib import Path

from tests.parts.naming import missing_tests, named_in

PAGE = Path(__file__).parents[3] / "deploy" / "simulator" / "README.md"


def test_what_is_said_to_be_simulated_is_shown_by_tests_that_exist() -> None:
    text = PAGE.read_text()
    assert missing_tests(text) == []
    assert len(named_in(text)) > 70
