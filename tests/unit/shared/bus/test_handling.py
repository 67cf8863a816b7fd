import asyncio
from collections.abc import Sequence

import pytest
from pydantic import BaseModel

from shared.bus.contract import BatchHandler, Delivery, Subscription
from shared.bus.handling import Pauses, Verdict, handle_batch


class Job(BaseModel):
    job_id: int


def delivery(body: str) -> Delivery:
    return Delivery(routing_key="a.b", message_id=body, body=body.encode())


async def verdicts(handle: BatchHandler, *bodies: str) -> dict[int, Verdict]:
    settled: dict[int, Verdict] = {}

    async def settle(places: Sequence[int], verdict: Verdict) -> None:
        assert not settled.keys() & set(places)
        settled.update(dict.fromkeys(places, verdict))

    subscription = Subscription(queue="test.jobs", bindings=("#",), handle=handle)
    await handle_batch(subscription, [delivery(body) for body in bodies], settle)
    return settled


async def test_a_batch_that_returns_is_done_after_one_call() -> None:
    calls: list[int] = []

    async def handle(batch: Sequence[Delivery]) -> None:
        calls.append(len(batch))

    assert await verdicts(handle, "1", "2", "3") == dict.fromkeys(range(3), Verdict.DONE)
    assert calls == [3]


async def test_only_the_member_that_fails_alone_is_tried_again() -> None:
    async def handle(batch: Sequence[Delivery]) -> None:
        if any(one.body == b"2" for one in batch):
            raise ConnectionError

    assert await verdicts(handle, "1", "2", "3") == {
        0: Verdict.DONE,
        1: Verdict.RETRY,
        2: Verdict.DONE,
    }


async def test_what_cannot_be_parsed_is_buried_and_its_neighbours_are_not() -> None:
    async def handle(batch: Sequence[Delivery]) -> None:
        for one in batch:
            Job.model_validate_json(one.body)

    assert await verdicts(handle, '{"job_id": 1}', "{}") == {0: Verdict.DONE, 1: Verdict.BURY}


async def test_the_log_of_an_unreadable_message_keeps_its_values_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handle(batch: Sequence[Delivery]) -> None:
        Job.model_validate_json(batch[0].body)

    assert await verdicts(handle, '{"job_id": "hunter2"}') == {0: Verdict.BURY}
    assert caplog.records
    assert not any("hunter2" in str(record.__dict__["why"]) for record in caplog.records)
    assert "hunter2" not in caplog.text


async def test_a_lone_message_that_fails_is_handled_once() -> None:
    calls = 0

    async def handle(batch: Sequence[Delivery]) -> None:
        nonlocal calls
        calls += 1
        raise ConnectionError

    assert await verdicts(handle, "1") == {0: Verdict.RETRY}
    assert calls == 1


async def test_something_cancelled_inside_the_handler_is_a_failure_not_the_end() -> None:
    async def handle(batch: Sequence[Delivery]) -> None:
        lost = asyncio.get_running_loop().create_future()
        lost.cancel()
        await lost

    assert await verdicts(handle, "1") == {0: Verdict.RETRY}


async def test_a_cancelled_consumer_settles_nothing() -> None:
    entered = asyncio.Event()

    async def handle(batch: Sequence[Delivery]) -> None:
        entered.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(verdicts(handle, "1", "2"))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_message_is_held_longer_each_time_up_to_a_minute() -> None:
    pauses = [Pauses().after(tries) for tries in range(21)]
    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 60.0
    assert sum(pauses) > 600  # ten minutes of outage do not spend the delivery limit
