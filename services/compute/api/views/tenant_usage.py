"""Usage as Nova shows it; its moments have no zone and no fractions they do not need."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from services.compute.domain.tenant_usage import Period, Run


def _naive(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def run_view(run: Run, period: Period, now: datetime) -> dict[str, Any]:
    """Return what one server took in the period."""
    return {
        "instance_id": str(run.id),
        "name": run.name,
        "tenant_id": run.project_id,
        "flavor": run.flavor,
        "hours": run.hours_in(period),
        "vcpus": run.vcpus,
        "memory_mb": run.memory,
        "local_gb": run.disk,
        "started_at": _naive(run.launched_at),
        "ended_at": _naive(run.terminated_at) if run.terminated_at else None,
        "state": run.state,
        "uptime": run.uptime(now),
    }


def usage_view(
    project_id: str, runs: Sequence[Run], period: Period, now: datetime, *, detailed: bool
) -> dict[str, Any]:
    """Return what a project took in the period, added up; detailed: with each server."""
    hours = [(run, run.hours_in(period)) for run in runs]
    view: dict[str, Any] = {
        "tenant_id": project_id,
        "start": _naive(period.start),
        "stop": _naive(period.end),
        "total_hours": sum(each for _run, each in hours),
        "total_vcpus_usage": sum(run.vcpus * each for run, each in hours),
        "total_memory_mb_usage": sum(run.memory * each for run, each in hours),
        "total_local_gb_usage": sum(run.disk * each for run, each in hours),
    }
    if detailed:
        view["server_usages"] = [run_view(run, period, now) for run in runs]
    return view
