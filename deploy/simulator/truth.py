"""The ground truth: every transition of every job, as it really happened."""

import time
from collections import deque
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Any, Final

from deploy.simulator.model import Job, Json, Op

KEPT: Final = 100_000  # entries of each cluster
Entry = tuple[int, float, int, float, int, str, str, tuple[str, ...]]


def instances_of(opcode: Json) -> tuple[str, ...]:
    """The instances an opcode is about."""
    name = opcode.get("instance_name")
    if name is not None:
        return (name,)
    if opcode.get("kind") == "instance":
        return (opcode["name"],)
    specs: Any = opcode.get("instances") or ()
    return tuple(each["instance_name"] if isinstance(each, dict) else each for each in specs)


class JobHistory:
    """What happened to the jobs of one cluster, oldest first, to compare with what was published.

    An entry: its number, when it happened, job id, when the job was received, index of the opcode,
    OP_ID, status, instances. Numbers are dense and never used twice, whatever becomes of job ids.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self.last = 0  # the newest entry's number

    def note(self, job: Job, index: int, op: Op) -> None:
        """Add the state an opcode has got into."""
        self.last += 1
        received = job.received[0] + job.received[1] / 1e6
        opcode = op.input
        about = instances_of(opcode)
        self._entries.append(
            (self.last, time.time(), job.id, received, index, opcode["OP_ID"], op.status, about)
        )

    def since(self, at: float) -> list[Entry]:
        """What has happened after a time, oldest first."""
        return list(takewhile(lambda entry: entry[1] > at, reversed(self._entries)))[::-1]

    def after(self, number: int = 0) -> Iterator[Entry]:
        """The entries after one, oldest first; those that are too old are no longer there."""
        first = self.last - len(self._entries)
        return islice(self._entries, max(0, number - first), None)
