import asyncio
from typing import Any, cast

import pytest
from aio_pika.abc import AbstractExchange
from aio_pika.exceptions import DeliveryError
from pamqp.commands import Basic

from shared.bus.contract import Outgoing
from shared.bus.publisher import send_all


class Exchange:
    """Answers each publish with the next of its answers; errors are raised."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.keys: list[str] = []

    async def publish(self, message: Any, routing_key: str, *, mandatory: bool) -> Any:
        self.keys.append(routing_key)
        answer = self._answers.pop(0)
        await asyncio.sleep(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


async def send(exchange: Exchange, count: int) -> None:
    messages = [Outgoing(routing_key=f"a.{n}", message_id=str(n), body=b"") for n in range(count)]
    await send_all(cast(AbstractExchange, exchange), messages)


async def test_everything_confirmed_is_everything_sent_in_order() -> None:
    exchange = Exchange(Basic.Ack(), Basic.Ack(), Basic.Ack())
    await send(exchange, 3)
    assert exchange.keys == ["a.0", "a.1", "a.2"]


@pytest.mark.parametrize("answer", [asyncio.CancelledError(), None, Basic.Nack()])
async def test_what_is_not_a_confirm_does_not_pass_for_one(answer: Any) -> None:
    with pytest.raises(ConnectionError):
        await send(Exchange(Basic.Ack(), answer, Basic.Ack()), 3)


async def test_a_refusal_is_told_from_a_broken_line() -> None:
    with pytest.raises(DeliveryError):
        await send(Exchange(Basic.Ack(), DeliveryError(None, Basic.Nack())), 2)
