"""What to do when Ganeti did not do what it was asked: a table from reason to next move."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from shared.contracts.ganeti import Failure, JobStatus


class Next(Enum):
    """Our next move."""

    AGAIN = "again"  # the same, on the same cluster, after a pause
    ELSEWHERE = "elsewhere"  # the same, on another cluster
    LOOK = "look"  # nobody knows what happened: see what is there
    GIVE_UP = "give_up"  # it would fail everywhere and always


F, N = Failure, Next
AFTER_CREATE: Final[Mapping[Failure, Next]] = {
    F.NO_CAPACITY: N.ELSEWHERE,
    F.BUSY: N.AGAIN,
    F.POLICY: N.GIVE_UP,
    F.EXISTS: N.LOOK,
    F.NOT_FOUND: N.ELSEWHERE,
    F.WRONG_STATE: N.ELSEWHERE,
    F.BAD_REQUEST: N.GIVE_UP,
    F.ENVIRONMENT: N.ELSEWHERE,
    F.UNKNOWN_OUTCOME: N.LOOK,
    F.MAINTENANCE: N.ELSEWHERE,
    F.UNREACHABLE: N.ELSEWHERE,
    F.CANCELED: N.GIVE_UP,
}
# Of start, stop and reboot: there is nowhere else to go.
AFTER_ACTION: Final[Mapping[Failure, Next]] = {
    failure: N.AGAIN if failure in {F.BUSY, F.UNKNOWN_OUTCOME} else N.GIVE_UP for failure in F
}
# What a job means that ended without saying why.
JOB_FAILED: Final[Mapping[JobStatus, Failure]] = {
    JobStatus.CANCELED: F.CANCELED,
    JobStatus.LOST: F.UNKNOWN_OUTCOME,
}
# Of a job that ended so, the cause passes by itself: once all clusters were tried, those that
# failed so are tried again.
PASSING: Final = frozenset({F.UNREACHABLE})
MOST_ROUNDS: Final = 3  # times that everything is tried again
FIRST_ROUND_PAUSE: Final = 5.0  # seconds; three times as long before every further round
FIRST_PAUSE: Final = 1.0  # seconds; doubles with every repetition
LONGEST_PAUSE: Final = 60.0
MOST_REPEATS: Final = 5


def pause_before(attempt: int) -> float:
    """Return the seconds to let pass before an attempt; the first is number 0."""
    return 0.0 if attempt <= 0 else min(FIRST_PAUSE * 2.0 ** (attempt - 1), LONGEST_PAUSE)


def pause_before_round(number: int) -> float:
    """Return the seconds to let pass before everything is tried again; the first is number 1."""
    return FIRST_ROUND_PAUSE * 3.0 ** (number - 1)
