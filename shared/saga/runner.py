"""Runs whichever sagas are due: many beside each other, each one step at a time.

A runner holds a saga by its lease and goes on with it, step by step, until it waits, fails or
ends; what each step led to is written before the next begins, so a crash repeats one step.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Generic

import structlog

from shared.db.saga_statements import LEASE
from shared.db.sagas import AWAITS, Held, SagaStore
from shared.errors import Unavailable
from shared.saga.definition import GiveUp, Notes, Rewind, Saga, TakenOver, Wait, World

log = structlog.get_logger(__name__)

AT_ONCE = timedelta()
RENEW_EVERY = LEASE.total_seconds() / 4
# Seconds between looks for what is due: the safety net under nudges from commits of this
# process. It grows while nothing is.
POLL, LONGEST_POLL = 0.25, 1.0
LONGEST = 60.0  # seconds between two tries of a step that fails
SOONER = 5  # times as long as whoever refused has asked to wait, at most
RESERVED = frozenset({"saga_id", "subject", "request_id"})

Begin = Callable[[], AbstractAsyncContextManager[SagaStore]]


@dataclass(frozen=True, slots=True)
class _Onward:
    """What a step led to: what is to be written, and how long to pause (None: go on)."""

    held: Held
    pause: timedelta | None = None
    outcome: str | None = None


class Runner(Generic[World]):
    """Runs sagas against the world. Any number may run beside each other."""

    def __init__(
        self,
        begin: Begin,
        sagas: Mapping[str, Saga[World]],
        world: World,
        *,
        limit: int = 32,
    ) -> None:
        self._begin = begin
        self._sagas = sagas
        self._world = world
        self._limit = limit

    async def run(self, nudge: asyncio.Event) -> None:
        """Run what is due until cancelled; at most ``limit`` sagas at a time."""
        running: set[asyncio.Task[None]] = set()
        pause = POLL
        try:
            while True:
                nudge.clear()
                claimed = await self._claim(self._limit - len(running))
                for held in claimed:
                    task = asyncio.create_task(self._keep_running(held))
                    running.add(task)
                    task.add_done_callback(running.discard)
                    task.add_done_callback(lambda _done: nudge.set())
                pause = POLL if claimed or running else min(pause * 1.1, LONGEST_POLL)
                if not claimed:
                    await _event(nudge, pause)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def run_once(self) -> bool:
        """Run the saga most overdue until it waits or ends; False when none is due."""
        claimed = await self._claim(1)
        for held in claimed:
            await self._keep_running(held)
        return bool(claimed)

    async def _claim(self, free: int) -> list[Held]:
        if free <= 0:
            return []
        try:
            async with self._begin() as sagas:
                return await sagas.claim(free)
        except Exception:
            log.exception("saga claim failed")
            await asyncio.sleep(1)
            return []

    async def _keep_running(self, held: Held) -> None:
        try:
            with structlog.contextvars.bound_contextvars(
                request_id=held.request_id, saga=held.name, subject=str(held.subject)
            ):
                await self._steps(held)
        except Exception:
            # The database went away between two writes: the lease runs out, another claim repeats.
            log.exception("saga interrupted")

    async def _steps(self, first: Held) -> None:
        clock = asyncio.get_running_loop().time
        held: Held | None = first
        written = clock()
        while held is not None:
            onward = await self._leased(held)
            if onward is not None and self._may_wait(held, onward, clock() - written):
                held = onward.held
                continue
            async with self._begin() as sagas:
                held = await _written(sagas, held, onward)
            written = clock()

    def _may_wait(self, held: Held, onward: _Onward, seconds: float) -> bool:
        """Whether what a light step led to is written later.

        Never so late that the lease ends; and what a saga waits for is written before it asks.
        """
        if onward.pause is not None or held.undoing or onward.held.undoing:
            return False
        if onward.held.awaiting not in {None, held.awaiting}:
            return False
        return self._sagas[held.name].steps[held.position].is_light and seconds < RENEW_EVERY

    async def _leased(self, held: Held) -> _Onward | None:
        """Run a step while its lease is renewed; None when the lease was lost meanwhile."""
        step = asyncio.create_task(self._step(held))
        try:
            while not (await asyncio.wait({step}, timeout=RENEW_EVERY))[0]:
                async with self._begin() as sagas:
                    if not await sagas.renew(held):
                        return None
            return step.result()
        finally:
            if not step.done():
                step.cancel()
                await asyncio.gather(step, return_exceptions=True)

    async def _step(self, held: Held) -> _Onward:
        saga = self._sagas[held.name]
        notes: Notes = dict(held.notes)
        known = notes | {
            "saga_id": str(held.id),
            "subject": str(held.subject),
            "request_id": held.request_id,
        }
        try:
            if held.undoing:
                await self._undo(saga, held.position, known)
            else:
                notes |= await saga.steps[held.position].do(self._world, known)
        except Wait as wait:
            return _Onward(replace(held, attempt=0), wait.delay)
        except GiveUp as reason:
            log.info("saga gives up", at=held.position, reason=str(reason))
            return _turn(held, notes | {"gave_up": str(reason)}, None)
        except Rewind as back:
            return _turn(held, notes | back.notes, saga.index(back.step))
        except TakenOver:
            log.info("saga taken over", at=held.position, attempt=held.attempt)
            return _again(held)
        except Unavailable as away:
            why = {"why": away.message, "at": held.position, "attempt": held.attempt}
            log.warning("saga step failed", **why)
            return _again(held, SOONER * away.retry_after if away.retry_after else LONGEST)
        except Exception:
            log.exception("saga step failed", at=held.position, attempt=held.attempt)
            return _again(held)
        learned = {name: value for name, value in notes.items() if name not in RESERVED}
        done = replace(held, attempt=0, notes=learned, awaiting=learned.get(AWAITS))
        return _backward(done) if held.undoing else _forward(done, len(saga.steps))

    async def _undo(self, saga: Saga[World], position: int, notes: Notes) -> None:
        if position < 0:
            await saga.gave_up(self._world, notes)
        else:
            await saga.steps[position].undo(self._world, notes)


async def _written(sagas: SagaStore, held: Held, onward: _Onward | None) -> Held | None:
    """Write what a step led to; return the saga if it goes on at once, and is still ours."""
    pause, outcome, now = AT_ONCE, None, held
    if onward is not None:
        if onward.pause is None:
            if (kept := await sagas.advance(onward.held)) is not None:
                return kept
        else:  # otherwise it was superseded meanwhile: whoever follows need not wait
            pause, outcome, now = onward.pause, onward.outcome, onward.held
    if not await sagas.release(now, pause, outcome):
        log.info("saga superseded or lost", at=held.position)
    return None


def _forward(held: Held, steps: int) -> _Onward:
    onward = replace(held, position=held.position + 1)
    if onward.position < steps:
        return _Onward(onward)
    return _Onward(onward, AT_ONCE, "done")


def _backward(held: Held) -> _Onward:
    if held.resume_at is not None and held.position <= held.resume_at:
        return _Onward(replace(held, undoing=False, position=held.resume_at, resume_at=None))
    if held.position < 0:
        return _Onward(held, AT_ONCE, "undone")
    return _Onward(replace(held, position=held.position - 1))


def _turn(held: Held, notes: Notes, resume_at: int | None) -> _Onward:
    return _Onward(replace(held, undoing=True, attempt=0, notes=notes, resume_at=resume_at))


def _again(held: Held, longest: float = LONGEST) -> _Onward:
    return _Onward(replace(held, attempt=held.attempt + 1), backoff(held.attempt, longest))


def backoff(attempt: int, longest: float = LONGEST) -> timedelta:
    """Grow the pause with each attempt, never in lockstep.

    Args:
        attempt: the first is number 0.
        longest: seconds it grows to; also how late a saga learns that what it needs is back.
    """
    return timedelta(seconds=min(0.2 * 2.0 ** min(attempt, 20), longest) * random.uniform(0.5, 1))


async def _event(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
