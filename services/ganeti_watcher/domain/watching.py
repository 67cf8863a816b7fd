"""How well a cluster is followed, judged from figures."""

from dataclasses import dataclass
from typing import Final

from shared.contracts.ganeti import WatchState

SILENT_AFTER: Final = 10.0  # seconds without an answer
BEHIND_FROM: Final = 1  # ids that are there and were not looked at
GRACE: Final = 5.0  # seconds a look may be late before we ask how far behind we are
STUCK_AFTER: Final = 60.0  # seconds a heartbeat may take through the queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a cluster is followed now."""

    state: WatchState
    reason: str = ""
    looked_ago: float = 0.0  # seconds since the last answer
    hinted_ago: float | None = None  # seconds since the last word of an agent


def judge(
    *,
    looked_ago: float,
    behind: int,
    beating_for: float | None,
    trouble: str,
    hinted_ago: float | None = None,
) -> Standing:
    """Return how a cluster is followed.

    Args:
        looked_ago: seconds since the last answer.
        behind: ids known to be there that were not looked at.
        beating_for: seconds a heartbeat has been on its way; None when none is.
        trouble: what the last attempt met, when it failed.
        hinted_ago: seconds since an agent was heard of.
    """
    state, reason = WatchState.FOLLOWING, ""
    if looked_ago > SILENT_AFTER:
        state, reason = WatchState.SILENT, trouble or "It was not looked at."
    elif beating_for is not None and beating_for > STUCK_AFTER:
        state, reason = WatchState.STUCK, "A job that does nothing does not end."
    elif behind >= BEHIND_FROM:
        state, reason = WatchState.BEHIND, "It is being caught up with."
    return Standing(state=state, reason=reason, looked_ago=looked_ago, hinted_ago=hinted_ago)


def is_overdue(looked_ago: float, meant: float) -> bool:
    """Whether nobody looked for so long that we must ask how far behind we are.

    Args:
        looked_ago: seconds since the last answer.
        meant: how many of them were meant: while an agent hints, pauses are long.
    """
    return looked_ago - meant > GRACE
