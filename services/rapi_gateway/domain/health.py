"""The circuit breaker of one cluster: when to leave it alone, and when to try again."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self


class State(StrEnum):
    """How a cluster is, as seen from here."""

    UP = "up"
    DEGRADED = "degraded"  # it answers badly: submissions are held back
    DRAINED = "drained"  # it takes no jobs, or none of ours
    FAILOVER = "failover"  # it does not answer where it used to; others are being asked
    DOWN = "down"  # it does not answer, or must not be believed


class Cause(StrEnum):
    """Why it is so: for administrators, who must do different things about each."""

    NONE = ""
    SILENT = "unreachable"
    CERTIFICATE = "certificate"  # not one we trust
    DAEMON = "daemon"  # Ganeti's daemons answer with errors, or too late
    QUEUE = "queue_drained"
    AUTH = "auth"  # name, password or right to write are not good any more
    STRANGER = "another_cluster"  # answers at this one's address


# Questions are answered all the same: only an accepted job proves that jobs are taken again.
UNTIL_ACCEPTED = frozenset({State.DRAINED})
SILENT = frozenset({State.DOWN, State.FAILOVER})


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
    cause: Cause = Cause.NONE
    failures: int = 0
    since: float = 0.0  # of the first failure in a row
    retry_at: float = 0.0

    def proved(self) -> Self:
        """Return the health after the cluster itself answered, and proved who it is."""
        if self.state in UNTIL_ACCEPTED:
            return replace(self, failures=0)
        return replace(self, state=State.UP, cause=Cause.NONE, failures=0)

    def answered(self) -> Self:
        """Return the health after a good answer to a question.

        One that was asked before the cluster fell silent, and comes late, proves nothing.
        """
        return self if self.state in SILENT else self.proved()

    def accepted(self) -> Self:
        """Return the health after a job was accepted."""
        if self.state in SILENT:
            return self
        return replace(self, state=State.UP, cause=Cause.NONE, failures=0)

    def unreachable(
        self, now: float, rules: Rules, *, has_others: bool, cause: Cause = Cause.SILENT
    ) -> Self:
        """Return the health after nobody (to be trusted) answered at the cluster's address."""
        failed = self._failed(now, rules)
        if self._stays_open(rules):
            return failed
        searching = has_others and now - failed.since < rules.failover
        return replace(failed, state=State.FAILOVER if searching else State.DOWN, cause=cause)

    def troubled(self, now: float, rules: Rules) -> Self:
        """Return the health after a timeout or an error of Ganeti's daemons."""
        failed = self._failed(now, rules)
        if self._stays_open(rules):
            return failed
        return replace(failed, state=State.DEGRADED, cause=Cause.DAEMON)

    def refused_as_drained(self, now: float, rules: Rules) -> Self:
        """Return the health after Ganeti said that its queue is drained."""
        return self._closed_to_jobs(Cause.QUEUE, now, rules)

    def forbidden(self, now: float, rules: Rules) -> Self:
        """Return the health after RAPI said that we may not write."""
        return self._closed_to_jobs(Cause.AUTH, now, rules)

    def locked_out(self, now: float, rules: Rules) -> Self:
        """Return the health after RAPI did not know our name and password: once is enough."""
        return replace(self._failed(now, rules), state=State.DOWN, cause=Cause.AUTH)

    def distrusted(self, now: float, rules: Rules) -> Self:
        """Return the health after another cluster answered in this one's place."""
        return replace(self._failed(now, rules), state=State.DOWN, cause=Cause.STRANGER)

    @property
    def admits_questions(self) -> bool:
        """Whether questions may be asked: of a silent cluster only who it is, by a probe."""
        return self.state not in SILENT

    def admits_job(self, now: float) -> bool:
        """Whether a job may be submitted; in trouble, one at a time finds out (``tried``)."""
        return self.state is State.UP or (self.admits_questions and now >= self.retry_at)

    def wants_probe(self, now: float) -> bool:
        """Whether it is time to look if the cluster is back."""
        return self.state not in {State.UP, State.DRAINED} and now >= self.retry_at

    def tried(self, now: float, rules: Rules) -> Self:
        """Return the health with the next attempt put off: one is being made."""
        drained = self.state in UNTIL_ACCEPTED
        pause = rules.drained_pause if drained else _pause(self.failures, rules)
        return replace(self, retry_at=now + pause)

    def with_new_way_in(self) -> Self:
        """Return the health with another attempt due: address or credential were corrected."""
        return replace(self, retry_at=0.0)

    def _closed_to_jobs(self, cause: Cause, now: float, rules: Rules) -> Self:
        retry_at = now + rules.drained_pause
        return replace(self, state=State.DRAINED, cause=cause, failures=0, retry_at=retry_at)

    def _stays_open(self, rules: Rules) -> bool:
        """Whether one more failure changes nothing yet."""
        return self.failures + 1 < rules.failures and self.state in {State.UP, State.DRAINED}

    def _failed(self, now: float, rules: Rules) -> Self:
        since = now if self.failures == 0 else self.since
        failures = self.failures + 1
        retry_at = now + _pause(failures, rules)
        return replace(self, failures=failures, since=since, retry_at=retry_at)


SEVERITY = (State.UP, State.DEGRADED, State.DRAINED, State.FAILOVER, State.DOWN)


def is_to_be_told(told: str, health: Health, lasting: float, calm: float) -> bool:
    """Whether the cloud should hear of it: bad news at once, good news when they last.

    Args:
        told: the state the cloud knows.
        health: as it is.
        lasting: for how many seconds it has been so.
        calm: how long better times must last to be believed.
    """
    if told == health.state:
        return False
    is_worse = told not in SEVERITY or SEVERITY.index(health.state) > SEVERITY.index(State(told))
    return is_worse or lasting >= calm


def _pause(failures: int, rules: Rules) -> float:
    grown = rules.pause * 2.0 ** max(min(failures - rules.failures, 16), 0)
    return min(grown, rules.longest_pause)
