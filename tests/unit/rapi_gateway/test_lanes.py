"""How many calls are made at once, who goes first, and how fast submissions may leave."""

import asyncio

from services.rapi_gateway.ganeti.lanes import Lane, Lanes, Slots, TokenBucket, Urgency


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_the_rate_counts() -> None:
    clock = Clock()
    bucket = TokenBucket(rate=4.0, burst=3, clock=clock)
    assert [bucket.take() for _ in range(5)] == [0.0, 0.0, 0.0, 0.25, 0.5]


def test_what_is_not_used_is_saved_up_to_the_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(rate=4.0, burst=2, clock=clock)
    for _ in range(2):
        bucket.take()
    clock.now = 100.0
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.25]


def test_less_of_the_rate_is_used_when_asked_to() -> None:
    clock = Clock()
    bucket = TokenBucket(rate=4.0, burst=1, clock=clock)
    bucket.use(0.5)
    assert [bucket.take() for _ in range(3)] == [0.0, 0.5, 1.0]


def test_a_suffering_cluster_is_spared_the_burst_that_was_saved_up() -> None:
    bucket = TokenBucket(rate=4.0, burst=8, clock=Clock())
    bucket.use(0.25)
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 1.0, 2.0]
    bucket.use(1.0)
    assert bucket.take() > 0.0, "a burst is saved up anew, and not given back"


async def entering(slots: Slots, urgency: Urgency, into: list[Urgency]) -> None:
    async with slots.slot(urgency):
        into.append(urgency)
        await asyncio.sleep(0)


async def test_who_is_urgent_goes_first() -> None:
    slots, order = Slots(1), list[Urgency]()
    await slots.enter(Urgency.NORMAL)
    waiting = [
        asyncio.create_task(entering(slots, each, order))
        for each in (Urgency.BULK, Urgency.CREATE, Urgency.INTERACTIVE, Urgency.CREATE)
    ]
    await asyncio.sleep(0)
    assert slots.waiting == 4
    slots.leave()
    await asyncio.gather(*waiting)
    assert order == sorted(order)
    assert slots.used == 0


async def test_never_more_than_the_slots_are_inside() -> None:
    slots, inside, most = Slots(2), 0, 0

    async def call() -> None:
        nonlocal inside, most
        async with slots.slot(Urgency.NORMAL):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(call() for _ in range(20)))
    assert most == 2


async def test_who_gives_up_waiting_holds_no_slot() -> None:
    slots = Slots(1)
    await slots.enter(Urgency.NORMAL)
    patient, impatient = (asyncio.create_task(slots.enter(Urgency.NORMAL)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    slots.leave()
    await patient
    slots.leave()
    assert (slots.used, slots.waiting) == (0, 0)


async def test_who_is_let_in_and_called_off_at_once_leaves_the_slot() -> None:
    slots = Slots(1)
    await slots.enter(Urgency.NORMAL)
    late = asyncio.create_task(slots.enter(Urgency.NORMAL))
    await asyncio.sleep(0)
    slots.leave()
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    assert slots.used == 0


def test_a_suffering_cluster_keeps_one_slot_per_lane() -> None:
    lanes = Lanes(mutations=4, reads=3, watches=1)
    lanes.take(0.125)
    assert [lanes.slots[each].size for each in Lane] == [1, 1, 1]
    lanes.take(0.5)
    assert [lanes.slots[each].size for each in Lane] == [2, 1, 1]
    lanes.take(1.0)
    assert [lanes.slots[each].size for each in Lane] == [4, 3, 1]
