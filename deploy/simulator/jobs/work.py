"""What an unfinished job is made of, and what the queue has to know of its surroundings."""

from collections.abc import Awaitable, Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

from deploy.simulator.jobs.locks import Claim
from deploy.simulator.model import FilterRule, Job, Json


class OpFailed(Exception):
    """An opcode ends in error; `kind` and `args` become its result."""

    def __init__(self, kind: str, *args: str) -> None:
        super().__init__(*args)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Fetch:
    """A step of an opcode that has to be awaited (everything else is a pause in seconds)."""

    start: Callable[[], Awaitable[Any]]


Routine = Generator[float | Fetch, Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the queue treats its jobs."""

    start_delay: float  # received until started, when idle
    start_gap: Callable[[], float] = float  # seconds between two starts
    hiccup: Callable[[], float] | None = None  # seconds more, now and then
    cancel_delay: float = 0.0  # a waiting job takes so long to be cancelled
    archive_kept: int = 2000
    max_running: Callable[[], int]
    locks: Callable[[Json], tuple[dict[str, str], frozenset[str]]]  # name -> mode; the optional
    perform: Callable[[Job, int, Json], Routine]  # job, opcode index, secret parameters
    filters: Callable[[], Iterable[FilterRule]] = tuple


@dataclass(slots=True, kw_only=True, eq=False)
class Work:
    """A job on its way, the process that runs it included."""

    job: Job
    secrets: list[Json]
    index: int = 0
    routine: Routine | None = None
    dead: bool = False  # its process is gone: nothing of it happens any more
    fate: list[Any] | None = None  # the error it ends with, whatever it has done by then

    def die(self) -> None:
        """Stop in the middle of things; what has been done stays done."""
        self.dead = True
        routine, self.routine = self.routine, None
        if routine is not None:
            routine.close()

    def claim(self, rules: Rules, granted: Callable[[], None]) -> Claim:
        """The locks its opcode wants."""
        op = self.job.ops[self.index]
        wanted, optional = rules.locks(op.input)
        return Claim(
            job_id=self.job.id,
            wanted=wanted,
            optional=optional,
            granted=granted,
            priority=op.input.get("priority", 0),
        )
