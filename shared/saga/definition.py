"""Sagas: several effects that must all happen, or all be taken back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

World = TypeVar("World")
Notes = dict[str, Any]  # what the steps so far have learned; stored as JSON
Do = Callable[[World, Notes], Awaitable[Notes]]
Undo = Callable[[World, Notes], Awaitable[None]]


class GiveUp(Exception):
    """Raised by a step that can never succeed: take everything back."""


class TakenOver(Exception):
    """Raised by a step whose subject is no longer this saga's: another has begun on it.

    Whoever took it over also ends this saga; until then the step is tried again.
    """


class Wait(Exception):
    """Raised by a step whose moment has not come: ask again later, or when woken.

    Whoever waits for a job puts its ``job_key`` into the note ``awaits`` in the step before, so
    that no news can fall between asking and waiting.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds}s")
        self.delay = timedelta(seconds=seconds)


class Rewind(Exception):
    """Raised by a step that wants to go back: undo down to a step, then go forward from it."""

    def __init__(self, step: str, notes: Mapping[str, Any]) -> None:
        super().__init__(f"back to {step}")
        self.step = step
        self.notes = dict(notes)  # merged into the notes before undoing begins


async def nothing(_world: object, _notes: Notes) -> None:
    """Undo for a step that leaves nothing behind."""


@dataclass(frozen=True, slots=True)
class Step(Generic[World]):
    """One effect and its opposite.

    Both run at least once, and may run again after a crash: a repeat must find its own
    earlier work and return the same notes, and an undo must accept that there is nothing
    to undo. The reserved notes ``saga_id``, ``subject`` and ``request_id`` are always there.
    """

    name: str
    do: Do[World]
    undo: Undo[World] = nothing
    # What it led to is written with the next step that is not light; after a crash the light
    # steps before that one are repeated with it, so they must find the same again even then.
    is_light: bool = False


@dataclass(frozen=True, slots=True)
class Saga(Generic[World]):
    """A named sequence of steps."""

    name: str
    steps: Sequence[Step[World]]
    # Runs once everything is taken back: says so to the user (the server's ERROR and its fault).
    gave_up: Undo[World] = nothing

    def index(self, step: str) -> int:
        """Return the position of a step."""
        return [each.name for each in self.steps].index(step)
