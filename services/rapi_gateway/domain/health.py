"""The circuit breaker of one cluster: when to leave it alone, and when to try again."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self


class State(StrEnum):
    """How a cluster is, as seen from here."""

    UP = "up"
    DEGRADED = "degraded"  # it answers badly: submissions are held back
    DRAINED = "drained"  # its job queue takes nothing
    FAILOVER = "failover"  # it does not answer where it used to; others are being asked
    DOWN = "down"  # it does not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How patient the breaker is."""

    failures: int = 3
    pause: float = 0.5
    longest_pause: float = 15.0
    drained_pause: float = 5.0
    failover: float = 60.0  # seconds a silent cluster counts as failing over


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the last calls taught us. Moments are of one monotonic clock."""

    state: State = State.UP
    failures: int = 0
    since: float = 0.0  # of the first failure in a row
    retry_at: float = 0.0

    def answered(self) -> Self:
        """Return the health after a good answer to a question.

        Only an accepted job proves that the queue takes jobs again.
        """
        if self.state is State.DRAINED:
            return replace(self, failures=0)
        return replace(self, state=State.UP, failures=0)

    def accepted(self) -> Self:
        """Return the health after a job was accepted."""
        return replace(self, state=State.UP, failures=0)

    def unreachable(self, now: float, rules: Rules, *, has_others: bool) -> Self:
        """Return the health after nobody answered at the cluster's address."""
        failed = self._failed(now, rules)
        if failed.failures < rules.failures and self.state in {State.UP, State.DRAINED}:
            return failed
        searching = has_others and now - failed.since < rules.failover
        return replace(failed, state=State.FAILOVER if searching else State.DOWN)

    def troubled(self, now: float, rules: Rules) -> Self:
        """Return the health after a timeout or an error of Ganeti's daemons."""
        failed = self._failed(now, rules)
        if failed.failures < rules.failures and self.state in {State.UP, State.DRAINED}:
            return failed
        return replace(failed, state=State.DEGRADED)

    def refused_as_drained(self, now: float, rules: Rules) -> Self:
        """Return the health after Ganeti said that its queue is drained."""
        return replace(self, state=State.DRAINED, failures=0, retry_at=now + rules.drained_pause)

    def admits_question(self, now: float) -> bool:
        """Whether a question may be asked."""
        return self.state not in {State.DOWN, State.FAILOVER} or now >= self.retry_at

    def admits_job(self, now: float) -> bool:
        """Whether a job may be submitted."""
        return self.state is State.UP or now >= self.retry_at

    def wants_probe(self, now: float) -> bool:
        """Whether it is time to look if the cluster is back."""
        return self.state not in {State.UP, State.DRAINED} and now >= self.retry_at

    def tried(self, now: float, rules: Rules) -> Self:
        """Return the health with the next attempt put off: one is being made."""
        return replace(self, retry_at=now + _pause(self.failures, rules))

    def _failed(self, now: float, rules: Rules) -> Self:
        since = now if self.failures == 0 else self.since
        failures = self.failures + 1
        retry_at = now + _pause(failures, rules)
        return replace(self, failures=failures, since=since, retry_at=retry_at)


def _pause(failures: int, rules: Rules) -> float:
    grown = rules.pause * 2.0 ** max(min(failures - rules.failures, 16), 0)
    return min(grown, rules.longest_pause)
