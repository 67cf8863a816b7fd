"""A job as RAPI shows it."""

from collections.abc import Callable
from typing import Any

from deploy.simulator.catalogue import OPCODES
from deploy.simulator.model import Job, Op

FINAL = frozenset({"success", "error", "canceled"})
_DECIDING = frozenset({"error", "canceled", "canceling"})


def status_of(job: Job) -> str:
    """The job's status, which Ganeti computes from its opcodes and never stores."""
    status = "queued"
    for op in job.ops:
        if op.status in _DECIDING:
            return op.status
        if op.status in {"waiting", "running"}:
            status = op.status
    return "success" if all(op.status == "success" for op in job.ops) else status


def is_final(job: Job) -> bool:
    """Whether nothing will happen to the job any more."""
    return status_of(job) in FINAL


def summary_of(op: Op) -> str:
    """`INSTANCE_CREATE(name)`: the opcode without its prefix, with its telling parameter."""
    name = str(op.input["OP_ID"])
    short = name.removeprefix("OP_")
    spec = OPCODES.get(name)
    if spec is None or spec.summary is None or op.input.get(spec.summary) is None:
        return short
    return f"{short}({op.input[spec.summary]})"


def _each(take: Callable[[Op], Any]) -> Callable[[Job], Any]:
    return lambda job: [take(op) for op in job.ops]


FIELDS: dict[str, Callable[[Job], Any]] = {
    "id": lambda job: job.id,
    "ops": _each(lambda op: op.input),
    "status": status_of,
    "summary": _each(summary_of),
    "opstatus": _each(lambda op: op.status),
    "received_ts": lambda job: job.received,
    "start_ts": lambda job: job.start,
    "end_ts": lambda job: job.end,
    "oplog": _each(lambda op: op.log),
    "opresult": _each(lambda op: op.result),
    "opstart": _each(lambda op: op.start),
    "opexec": _each(lambda op: op.exec),
    "opend": _each(lambda op: op.end),
    "oppriority": _each(lambda op: op.input.get("priority", 0)),
    "priority": lambda job: min(op.input.get("priority", 0) for op in job.ops),
    "archived": lambda job: job.archived,
}
BULK_FIELDS = ("id", "ops", "status", "summary", "opstatus", "received_ts", "start_ts", "end_ts")
ALL_FIELDS = (*BULK_FIELDS, "oplog", "opresult")


def as_json(job: Job, fields: tuple[str, ...] = ALL_FIELDS) -> dict[str, Any]:
    """The job with the given fields."""
    return {name: FIELDS[name](job) for name in fields}
