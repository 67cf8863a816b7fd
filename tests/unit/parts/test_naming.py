"""A page may only name tests that are there."""

from tests.parts.naming import missing_tests, named_in

HERE = "tests/unit/parts/test_naming.py"
SELF = f"{HERE}::test_a_test_that_is_not_there_is_told"


def test_a_test_that_is_not_there_is_told() -> None:
    gone = [f"{HERE}::test_nothing", "tests/unit/parts/test_gone.py::test_nothing"]
    page = f"| a | `{SELF}` |\n| b | `{gone[0]}`, `{gone[1]}` |\n"
    assert named_in(page) == {SELF, *gone}
    assert missing_tests(page) == sorted(gone)
