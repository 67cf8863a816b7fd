"""When a cluster was left alone for longer than was meant."""

from services.ganeti_watcher.domain.watching import GRACE, is_overdue
from services.ganeti_watcher.settings import Pace


def test_the_long_pause_while_an_agent_hints_leaves_nobody_behind() -> None:
    hinted = Pace().hinted
    assert not is_overdue(hinted + 0.1, meant=hinted)


def test_who_was_not_looked_at_for_long_may_be_behind() -> None:
    assert is_overdue(GRACE + 0.1, meant=0.0)
    assert is_overdue(60.0, meant=Pace().hinted)
