"""A consumer of its own queue: everything the watcher says about jobs, as it is delivered."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import orjson
import uvloop

from shared.bus.amqp import AmqpBus
from shared.bus.contract import Delivery, Subscription
from shared.contracts.ganeti import InstanceObserved, JobObserved
from tests.storm.compare import Heard

QUEUE: Final = "storm.hearing"
PATIENCE: Final = 30.0


class Ear:
    """Hears what is published about jobs; runs in a thread of its own."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.jobs: set[tuple[str, int, str]] = set()  # what was heard of jobs
        self.instances: set[str] = set()  # that were told of

    async def hear(self, batch: Sequence[Delivery]) -> None:
        """Write down what was delivered."""
        at = time.time()
        for each in batch:
            event = orjson.loads(each.body)
            about = event["data"]
            if "job_id" not in about or "name" in about:
                self.instances.add(event["subject"])
                continue
            self.jobs.add((about["cluster"], about["job_id"], about["status"]))
            told = datetime.fromisoformat(event["time"]).timestamp()
            self.heard.append(
                Heard(about["cluster"], about["job_id"], about["status"], at, event["id"], told)
            )


@contextmanager
def hearing(amqp_url: str) -> Iterator[Ear]:
    """Hear everything that is published during the block."""
    ear = Ear()
    declared, over = threading.Event(), threading.Event()
    subscription = Subscription(
        queue=QUEUE,
        bindings=(JobObserved.binding(), InstanceObserved.binding()),
        handle=ear.hear,
        prefetch=1000,
    )

    async def listen() -> None:
        bus = AmqpBus(amqp_url, name="storm")
        await bus.declare(subscription)
        consuming = asyncio.create_task(bus.consume(subscription))
        declared.set()
        await asyncio.to_thread(over.wait)
        consuming.cancel()
        await asyncio.wait([consuming])
        await bus.close()

    thread = threading.Thread(target=uvloop.run, args=(listen(),))
    thread.start()
    try:
        assert declared.wait(PATIENCE), "the broker does not answer"
        yield ear
    finally:
        over.set()
        thread.join(PATIENCE)
