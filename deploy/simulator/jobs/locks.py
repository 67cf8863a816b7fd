"""Ganeti's locks: named, shared or exclusive, all of a job's at once, the urgent ones first."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

SHARED = "shared"
EXCLUSIVE = "exclusive"
AGEING: Final = 15.0  # a job that waits so many seconds becomes more urgent by one
MOST_URGENT: Final = -20


@dataclass(slots=True, kw_only=True)
class Claim:
    """What one job wants, and what to call when it has it all."""

    job_id: int
    wanted: dict[str, str]
    granted: Callable[[], None]
    optional: frozenset[str] = frozenset()  # of these, it takes those that are free
    priority: int = 0
    since: float = field(default_factory=time.monotonic)

    def rank(self, at: float) -> int:
        """How urgent it is by now."""
        return max(MOST_URGENT, self.priority - int((at - self.since) / AGEING))


class LockTable:
    """Who holds which lock, and who waits."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[str, set[int]]] = {}
        self.waiting: dict[int, Claim] = {}
        self._holds: dict[int, set[str]] = {}

    def acquire(self, claim: Claim) -> None:
        """Grant all of the claim's locks now, or as soon as everybody before it is served."""
        self.waiting[claim.job_id] = claim
        self._serve()

    def release(self, job_id: int) -> None:
        """Give back what the job holds or waits for, and serve those who waited for it."""
        self.waiting.pop(job_id, None)
        self._drop(job_id, self._holds.pop(job_id, set()))
        self._serve()

    def shrink(self, job_id: int, unneeded: Iterable[str]) -> None:
        """Give back some of what the job holds."""
        names = self._holds.get(job_id, set()) & set(unneeded)
        self._holds.get(job_id, set()).difference_update(names)
        self._drop(job_id, names)
        self._serve()

    def of(self, job_id: int) -> frozenset[str]:
        """The names of the locks that the job holds."""
        return frozenset(self._holds.get(job_id, ()))

    def _drop(self, job_id: int, names: Iterable[str]) -> None:
        for name in names:
            owners = self.held[name][1]
            owners.discard(job_id)
            if not owners:
                del self.held[name]

    def _serve(self) -> None:
        if not self.waiting:
            return
        ahead: dict[str, str] = {}
        ready: list[Claim] = []
        for claim in self._in_order():
            if self._free(claim, ahead):
                ready.append(claim)
                self._take(claim)
            else:
                for name, mode in claim.wanted.items():
                    ahead[name] = EXCLUSIVE if EXCLUSIVE in (mode, ahead.get(name)) else SHARED
        for claim in ready:
            del self.waiting[claim.job_id]
        for claim in ready:
            claim.granted()

    def _in_order(self) -> list[Claim]:
        claims = list(self.waiting.values())
        if len(claims) > 1:
            at = time.monotonic()
            claims.sort(key=lambda claim: claim.rank(at))
        return claims

    def _free(self, claim: Claim, ahead: dict[str, str]) -> bool:
        return all(
            self._available(name, mode, ahead.get(name))
            for name, mode in claim.wanted.items()
            if name not in claim.optional
        )

    def _available(self, name: str, mode: str, ahead: str | None = None) -> bool:
        holder = self.held.get(name)
        others = [m for m in (ahead, holder[0] if holder else None) if m is not None]
        return not others or EXCLUSIVE not in (mode, *others)

    def _take(self, claim: Claim) -> None:
        holds = self._holds.setdefault(claim.job_id, set())
        for name, mode in claim.wanted.items():
            if name not in claim.optional or self._available(name, mode):
                self.held.setdefault(name, (mode, set()))[1].add(claim.job_id)
                holds.add(name)
