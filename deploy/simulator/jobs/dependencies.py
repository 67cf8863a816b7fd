"""What a job's `depends` says about whether it may start."""

from dataclasses import dataclass
from typing import Any

from deploy.simulator.jobs.render import is_final, status_of
from deploy.simulator.model import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """At most one of these is set; none means that the job may run."""

    waits_for: int | None = None
    error: str | None = None
    cancelled: bool = False


def resolve_relative(depends: Any, job_id: int) -> Any:
    """Negative ids count back from the job's own id."""
    if not depends:
        return depends
    return [[job_id + d if d < 0 else d, statuses] for d, statuses in depends]


def judge(job: Job, jobs: dict[int, Job]) -> Verdict:
    """Whether the dependencies of all opcodes are met; the first obstacle decides."""
    for op in job.ops:
        for number, statuses in op.input.get("depends") or ():
            verdict = _judge_one(jobs.get(number), number, statuses)
            if verdict is not None:
                return verdict
    return Verdict()


def _judge_one(other: Job | None, number: int, statuses: list[str]) -> Verdict | None:
    if other is None:
        return Verdict(error=f"Dependency error: Job {number} not found")
    if not is_final(other):
        return Verdict(waits_for=number)
    status = status_of(other)
    if status in statuses or (not statuses and status != "canceled"):
        return None
    if status == "canceled":
        return Verdict(cancelled=True)
    wanted = ", ".join(statuses)
    return Verdict(
        error=f"Dependency job {number} finished with status '{status}', "
        f"not one of '{wanted}' as required"
    )
