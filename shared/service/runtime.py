"""Runs a service: its HTTP side, its relay, its consumers, its sagas, its own loops.

A service's ``main.py`` builds a ``Service`` from its settings; this module gives it life, alone
in a process or beside the others in the all-in-one demo. Roles may be split over processes:
``api`` answers HTTP, ``worker`` does the rest.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from shared.bus.contract import Subscription
from shared.bus.relay import Relay
from shared.bus.resending import Resender
from shared.db.database import database
from shared.db.messaging import MessagingTables
from shared.saga.runner import Runner
from shared.service.parts import Parts
from shared.web.serve import serving

log = structlog.get_logger(__name__)

Loop = Callable[[], Awaitable[None]]
STOP_PATIENCE = 15.0  # seconds that background loops have to come to their end
CANCEL_AGAIN = 1.0  # seconds
RESTART_PAUSE = 1.0  # seconds before a background loop that failed is started again


class Role(StrEnum):
    """What a process does for its service."""

    API = "api"
    WORKER = "worker"


EVERYTHING = frozenset(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service, assembled but not yet alive."""

    name: str
    host: str
    port: int
    app: web.Application
    parts: Parts
    tables: MessagingTables
    subscriptions: Sequence[Subscription] = ()
    runner: Runner[Any] | None = None
    loops: Mapping[str, Loop] = field(default_factory=dict)  # run until cancelled (worker)
    closing: Sequence[Callable[[], Awaitable[None]]] = ()  # what to let go of at the end


@asynccontextmanager
async def running(service: Service, roles: frozenset[Role] = EVERYTHING) -> AsyncIterator[int]:
    """Run the service while the block runs; yields the port its HTTP side got.

    A background loop that fails is logged and started again: one bad moment of the database
    must not silence a service. Leaving the block stops claiming, then closes.
    """
    async with AsyncExitStack() as stack:
        for close in service.closing:
            stack.push_async_callback(close)
        stack.push_async_callback(service.parts.engine.dispose)
        stack.push_async_callback(service.parts.reads.close)
        if Role.WORKER in roles:
            queues = queues_of(service)
            for subscription in queues:
                await service.parts.bus.declare(subscription)
            tasks = [
                asyncio.create_task(_forever(service.name, name, loop))
                for name, loop in _loops(service, queues).items()
            ]
            stack.push_async_callback(end_tasks, tasks)
        port = service.port
        if Role.API in roles:
            port = await stack.enter_async_context(serving(service.app, service.host, service.port))
        log.info("service runs", service=service.name, port=port)
        yield port


def queues_of(service: Service) -> list[Subscription]:
    """Return what the service listens to: news, and that others have missed some of its own."""
    parts = service.parts
    resender = Resender(database(parts.engine), service.tables, service.name)
    return [*service.subscriptions, resender.subscription]


def _loops(service: Service, queues: Sequence[Subscription]) -> dict[str, Loop]:
    parts = service.parts
    relay = Relay(parts.engine, service.tables, parts.bus, nudge=parts.nudge.listener())
    loops: dict[str, Loop] = {"relay": relay.run}
    if service.runner:
        loops["sagas"] = partial(service.runner.run, parts.nudge.listener())
    for each in queues:
        loops[f"queue {each.queue}"] = partial(parts.bus.consume, each)
    return loops | dict(service.loops)


async def _forever(service: str, name: str, loop: Loop) -> None:
    while True:
        try:
            await loop()
            log.error("a background loop ended", service=service, loop=name)
        except Exception:
            log.exception("a background loop failed", service=service, loop=name)
        await asyncio.sleep(RESTART_PAUSE)


async def end_tasks(
    tasks: Collection[asyncio.Task[None]], *, again_after: float = CANCEL_AGAIN
) -> None:
    """Cancel tasks until they end, or for as long as a service may take to stop.

    Once is not enough: a client library whose connection breaks in that moment may raise an error
    of its own in place of the cancellation, and a loop that shrugs errors off goes on.

    Args:
        tasks: to end; those that will not are logged and left.
        again_after: seconds until those that have not ended are cancelled again.
    """
    clock = asyncio.get_running_loop().time
    deadline, left = clock() + STOP_PATIENCE, set(tasks)
    while left and clock() < deadline:
        for task in left:
            task.cancel()
        done, left = await asyncio.wait(left, timeout=again_after)
        for task in done:
            if not task.cancelled() and (problem := task.exception()):
                log.info("a loop failed as it was stopped", why=repr(problem))
    for task in left:
        log.error("a loop does not stop", loop=repr(task.get_coro()))
