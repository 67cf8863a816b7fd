"""How much of a cluster we take: less at once when it suffers, a little more when it does not.

RAPI itself answers ``/version``; ``/2/info`` needs the master daemon. So where the first is slow
we (or others) hold too many of RAPI's slots, and where only the second is slow, the daemon has
too many jobs. Additive increase, multiplicative decrease.
"""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What counts as suffering, and how we answer it."""

    slow_rapi: float = 1.0  # seconds for /version
    slow_daemon: float = 2.0  # seconds for /2/info, on top of that
    slow_submit: float = 4.0  # seconds for a submission, which takes luxid some 0.02
    backoff: float = 0.5
    step: float = 0.125
    least: float = 0.125
    rest: float = 1.0  # seconds in which several complaints count as one


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """The shares of slots and of rate that are used. Moments are of one monotonic clock."""

    slots: float = 1.0
    rate: float = 1.0
    eased_at: float = float("-inf")

    def measured(self, rapi: float, daemon: float, now: float, tolerance: Tolerance) -> Self:
        """Return the shares after a look.

        Args:
            rapi: seconds ``/version`` took.
            daemon: seconds ``/2/info`` took.
            now: the moment.
            tolerance: what counts as slow.
        """
        slots = _moved(self.slots, rapi > tolerance.slow_rapi, tolerance)
        rate = _moved(self.rate, daemon - rapi > tolerance.slow_daemon, tolerance)
        return replace(self, slots=slots, rate=rate, eased_at=now)

    def submitted(self, seconds: float, now: float, tolerance: Tolerance) -> Self:
        """Return the shares after a submission that took so long."""
        return self.complained(now, tolerance) if seconds > tolerance.slow_submit else self

    def complained(self, now: float, tolerance: Tolerance) -> Self:
        """Return the shares after a timeout, or an error of the daemons."""
        if now < self.eased_at + tolerance.rest:
            return self
        return replace(self, rate=_moved(self.rate, True, tolerance), eased_at=now)


def _moved(share: float, suffers: bool, tolerance: Tolerance) -> float:
    if suffers:
        return max(share * tolerance.backoff, tolerance.least)
    return min(share + tolerance.step, 1.0)
