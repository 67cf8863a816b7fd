"""How fast submissions may leave."""

from services.rapi_gateway.ganeti.lanes import TokenBucket


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
