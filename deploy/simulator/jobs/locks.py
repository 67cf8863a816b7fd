"""Ganeti's locks, simplified: named, shared or exclusive, granted first come first served."""

from collections.abc import Callable
from dataclasses import dataclass

SHARED = "shared"
EXCLUSIVE = "exclusive"


@dataclass(slots=True, kw_only=True)
class Claim:
    """What one job wants, and what to call when it has it all."""

    job_id: int
    wanted: dict[str, str]
    granted: Callable[[], None]


class LockTable:
    """Who holds which lock, and who waits."""

    def __init__(self) -> None:
        self.held: dict[str, tuple[str, set[int]]] = {}
        self.waiting: dict[int, Claim] = {}

    def acquire(self, claim: Claim) -> None:
        """Grant all of the claim's locks now, or as soon as everybody before it is served."""
        self.waiting[claim.job_id] = claim
        self._serve()

    def release(self, job_id: int) -> None:
        """Give back what the job holds or waits for, and serve those who waited for it."""
        self.waiting.pop(job_id, None)
        for name in [n for n, (_, owners) in self.held.items() if job_id in owners]:
            owners = self.held[name][1]
            owners.discard(job_id)
            if not owners:
                del self.held[name]
        self._serve()

    def _serve(self) -> None:
        ahead: dict[str, str] = {}
        ready: list[Claim] = []
        for claim in self.waiting.values():
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

    def _free(self, claim: Claim, ahead: dict[str, str]) -> bool:
        for name, mode in claim.wanted.items():
            modes = [mode, ahead.get(name), self.held[name][0] if name in self.held else None]
            others = [m for m in modes[1:] if m is not None]
            if others and EXCLUSIVE in (mode, *others):
                return False
        return True

    def _take(self, claim: Claim) -> None:
        for name, mode in claim.wanted.items():
            self.held.setdefault(name, (mode, set()))[1].add(claim.job_id)
