"""Connections are lent to as many as there are, and to those who waited longest first."""

import asyncio
from collections.abc import Iterator
from itertools import count

import asyncpg
import pytest

from shared.db.lending import Lending
from shared.errors import Unavailable


class Line:
    """A connection that goes nowhere."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.closed = False

    def is_closed(self) -> bool:
        return self.closed

    async def close(self, **_how: float) -> None:
        self.closed = True

    def terminate(self) -> None:
        self.closed = True


class Exchange:
    """Opens lines; may be told to fail."""

    def __init__(self) -> None:
        self.numbers: Iterator[int] = count(1)
        self.opened = 0
        self.fails = False

    async def connect(self) -> Line:
        fails = self.fails
        await asyncio.sleep(0)
        if fails:
            raise OSError("nobody listens")
        self.opened += 1
        return Line(next(self.numbers))


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def lending(exchange: Exchange) -> Lending:
    return Lending(exchange.connect, size=2, patience=0.05)


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_came_back_goes_out_again(lending: Lending, exchange: Exchange) -> None:
    line = await lending.take()
    lending.give_back(line)
    assert await lending.take() is line
    assert exchange.opened == 1


async def test_no_more_are_opened_than_allowed(lending: Lending, exchange: Exchange) -> None:
    first, second = await lending.take(), await lending.take()
    third = asyncio.create_task(lending.take())
    await settled()
    assert exchange.opened == 2
    lending.give_back(second)
    assert await third is second
    assert first is not second


async def test_who_waited_longest_is_served_before_newcomers(lending: Lending) -> None:
    line, _other = await lending.take(), await lending.take()
    waiting = [asyncio.create_task(lending.take()) for _ in range(2)]
    await settled()
    lending.give_back(line)
    newcomer = asyncio.create_task(lending.take())
    await settled()
    assert [task.done() for task in (*waiting, newcomer)] == [True, False, False]
    lending.give_back(line)
    await settled()
    assert [task.done() for task in (*waiting, newcomer)] == [True, True, False]
    lending.give_back(line)
    assert await newcomer is line


async def test_waiting_has_an_end(lending: Lending) -> None:
    line, _other = await lending.take(), await lending.take()
    with pytest.raises(Unavailable):
        await lending.take()
    lending.give_back(line)
    assert await lending.take() is line


async def test_the_turn_of_one_who_gave_up_goes_to_the_next(lending: Lending) -> None:
    line, _other = await lending.take(), await lending.take()
    given_up, next_one = (asyncio.create_task(lending.take()) for _ in range(2))
    await settled()
    lending.give_back(line)  # it is the first one's ...
    given_up.cancel()  # ... who has not had the time to look
    assert await next_one is line
    with pytest.raises(asyncio.CancelledError):
        await given_up


async def test_a_closed_connection_is_replaced(lending: Lending, exchange: Exchange) -> None:
    line = await lending.take()
    lending.give_back(line)
    line.closed = True
    assert (await lending.take()).number == 2
    assert (await lending.take()).number == 3
    assert exchange.opened == 3


async def test_a_refused_statement_harms_no_connection(lending: Lending) -> None:
    line = await lending.take()
    lending.give_back_after(asyncpg.InvalidRegularExpressionError("no"), line)
    assert await lending.take() is line


@pytest.mark.parametrize("error", [TimeoutError(), asyncio.CancelledError(), OSError()])
async def test_a_connection_that_may_be_at_work_is_let_go(
    lending: Lending, error: BaseException
) -> None:
    line, _other = await lending.take(), await lending.take()
    waiting = asyncio.create_task(lending.take())
    await settled()
    lending.give_back_after(error, line)
    assert (await waiting).number == 3
    assert line.closed


async def test_a_failure_to_connect_blocks_nobody(lending: Lending, exchange: Exchange) -> None:
    exchange.fails = True
    for _ in range(3):
        with pytest.raises(OSError, match="nobody listens"):
            await lending.take()
    exchange.fails = False
    assert (await lending.take()).number == 1


async def test_who_waits_may_open_one_where_another_failed(
    lending: Lending, exchange: Exchange
) -> None:
    _line = await lending.take()
    exchange.fails = True
    failing, waiting = (asyncio.create_task(lending.take()) for _ in range(2))
    await asyncio.sleep(0)
    exchange.fails = False
    done = await asyncio.gather(failing, waiting, return_exceptions=True)
    assert [type(one) for one in done] == [OSError, Line]


async def test_closing_closes_what_is_free_and_what_comes_back(lending: Lending) -> None:
    free, lent = await lending.take(), await lending.take()
    lending.give_back(free)
    await lending.close()
    assert free.closed
    assert not lent.closed
    lending.give_back(lent)
    await settled()
    assert lent.closed
