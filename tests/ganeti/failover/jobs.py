"""What Ganeti's own files say of its jobs, on whichever node they were written."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.ganeti.rig import Cluster

CREATE: Final = "OP_INSTANCE_CREATE"
REMOVE: Final = "OP_INSTANCE_REMOVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job, as one node knows it."""

    number: int
    received: tuple[int, int]
    opcode: str
    instance: str
    status: str


def jobs_of(cluster: Cluster) -> list[Job]:
    """Every job that any node has a file of; two nodes may differ about how it ended."""
    return [job for root in cluster.node_files.values() for job in _in(root / "lib/queue")]


def made(jobs: Iterable[Job]) -> Counter[str]:
    """How often each instance was created, less the times that it was removed."""
    ended = {
        (job.number, job.received, job.opcode, job.instance)
        for job in jobs
        if job.status == "success"
    }
    balance: Counter[str] = Counter()
    for _number, _received, opcode, instance in ended:
        balance[instance] += (opcode == CREATE) - (opcode == REMOVE)
    return balance


def _in(queue: Path) -> Iterator[Job]:
    for file in [*queue.glob("job-*"), *queue.glob("archive/*/job-*")]:
        if (found := _read(file)) is not None:
            yield from _opcodes(found)


def _read(file: Path) -> dict[str, Any] | None:
    """The content of a file; none of one that is gone, or is about to take a job's name."""
    if not file.name.removeprefix("job-").isdigit():
        return None
    try:
        content: dict[str, Any] = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    return content


def _opcodes(job: dict[str, Any]) -> Iterator[Job]:
    for each in job["ops"]:
        asked = each["input"]
        yield Job(
            number=int(job["id"]),
            received=tuple(job["received_timestamp"] or (0, 0)),
            opcode=asked["OP_ID"],
            instance=str(asked.get("instance_name", "")),
            status=each["status"],
        )
