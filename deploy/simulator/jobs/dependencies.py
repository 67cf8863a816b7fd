"""What a job's `depends` says about whether it may start."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.simulator.jobs.render import is_final, status_of
from deploy.simulator.model import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """At most one of these is set; none means that the job may run."""

    waits_for: int | None = None
    error: str | None = None
    cancelled: bool = False


def resolve_relative(depends: Any, job_id: int) -> Any:
    """Negative ids count back from the job's own id."""
    if not depends:
        return depends
    return [[job_id + d if d < 0 else d, statuses] for d, statuses in depends]


def judge(job: Job, find: Callable[[int], Job | None]) -> Obstacle:
    """Whether the dependencies of all opcodes are met; the first obstacle decides."""
    for op in job.ops:
        for number, statuses in op.input.get("depends") or ():
            obstacle = _judge_one(find(number), number, statuses)
            if obstacle is not None:
                return obstacle
    return Obstacle()


def _judge_one(other: Job | None, number: int, statuses: list[str]) -> Obstacle | None:
    if other is None:
        return Obstacle(error=f"Dependency error: Job {number} not found")
    if not is_final(other):
        return Obstacle(waits_for=number)
    status = status_of(other)
    if status in statuses or (not statuses and status != "canceled"):
        return None
    if status == "canceled":
        return Obstacle(cancelled=True)
    wanted = ", ".join(statuses)
    return Obstacle(
        error=f"Dependency job {number} finished with status '{status}', "
        f"not one of '{wanted}' as required"
    )
