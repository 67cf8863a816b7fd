"""What is tried in vain is tried less and less often."""

from itertools import pairwise

from services.compute.domain.patience import LONGEST, Patience


def rounds_of(key: str, among: Patience[str], rounds: int) -> list[int]:
    return [each for each in range(rounds) if key in among.turns([key], 1)]


def test_what_does_not_help_is_tried_in_ever_longer_pauses() -> None:
    found = rounds_of("one", Patience(), 200)
    assert found[:5] == [0, 1, 3, 7, 15]
    assert {after - before for before, after in pairwise(found[4:])} == {LONGEST}


def test_what_was_tried_in_vain_does_not_keep_others_from_their_turn() -> None:
    patience: Patience[str] = Patience()
    many = [f"hopeless {number}" for number in range(5)]
    assert patience.turns(many, 5) == many
    assert patience.turns([*many, "new"], 1) == ["new"]


def test_what_could_not_be_tried_has_its_turn_in_the_next_round() -> None:
    patience: Patience[str] = Patience()
    for _ in range(5):
        assert patience.turns(["one"], 1) == ["one"]
        patience.not_tried("one")
    assert patience.turns(["one", "new"], 1) == ["new"]


def test_all_of_many_have_their_turn_one_round_after_the_other() -> None:
    patience: Patience[int] = Patience()
    seen = [each for _ in range(5) for each in patience.turns(range(100), 20)]
    assert sorted(seen) == list(range(100))


def test_what_comes_back_soon_still_waits_and_what_comes_back_late_does_not() -> None:
    patience: Patience[str] = Patience()
    rounds_of("one", patience, 16)  # tried in the last of them; now it waits
    assert patience.turns([], 1) == []
    assert patience.turns(["one"], 1) == []
    for _ in range(2 * LONGEST + 1):
        patience.turns([], 1)
    assert patience.turns(["one"], 1) == ["one"]
    assert patience.turns(["one"], 1) == ["one"]


def test_nothing_is_remembered_for_ever() -> None:
    patience: Patience[int] = Patience()
    for number in range(1000):
        patience.turns([number], 1)
    assert len(patience._tried) <= LONGEST + 2
