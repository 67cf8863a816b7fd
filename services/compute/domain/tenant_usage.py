"""How long servers ran in a period, and what they took: what operators bill by."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from services.compute.domain.lifecycle import VmState

HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when to when."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A server that ran, and perhaps still does."""

    id: UUID
    project_id: str
    name: str
    flavor: str
    vcpus: int
    memory: int  # MiB
    disk: int  # GiB
    vm_state: VmState
    launched_at: datetime
    terminated_at: datetime | None

    def hours_in(self, period: Period) -> float:
        """Return for how many hours of the period it was there."""
        begun = max(self.launched_at, period.start)
        ended = min(self.terminated_at or period.end, period.end)
        return max(0.0, (ended - begun).total_seconds() / HOUR)

    def uptime(self, now: datetime) -> int:
        """Return for how many seconds it was there in all."""
        return int(((self.terminated_at or now) - self.launched_at).total_seconds())

    @property
    def state(self) -> str:
        """What it does now."""
        return "terminated" if self.terminated_at else self.vm_state.value
