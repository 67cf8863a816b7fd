"""A batch goes out in one piece, and counts as sent when the broker confirmed all of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from aiormq.abc import ChannelFrame
from aiormq.channel import Channel
from aiormq.exceptions import DeliveryError
from pamqp import frame
from pamqp.body import ContentBody
from pamqp.commands import Basic

from shared.bus.contract import Outgoing
from shared.bus.sending import send_all

End = Callable[["asyncio.Future[Any]"], object]


def ack(confirm: "asyncio.Future[Any]") -> None:
    confirm.set_result(Basic.Ack())


class Wire:
    """The client library's channel, as far as sending needs it; the broker answers in order."""

    number = 1
    max_content_size = 10

    def __init__(self, *answers: End, breaks: bool = False) -> None:
        self.delivery_tag = 7
        self.confirmations: dict[int, asyncio.Future[Any]] = {}
        self.pieces: list[bytes] = []
        self._answers = answers
        self._breaks = breaks

    @property
    @asynccontextmanager
    async def lock(self) -> AsyncIterator[None]:
        yield

    @property
    def write_queue(self) -> "Wire":
        return self

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().create_future()

    async def put(self, piece: ChannelFrame) -> None:
        if self._breaks:
            raise ConnectionResetError
        self.pieces.append(piece.payload)
        for answer, confirm in zip(self._answers, self.confirmations.values(), strict=True):
            answer(confirm)

    @property
    def frames(self) -> list[Any]:
        """What the broker reads."""
        left, found = b"".join(self.pieces), []
        while left:
            size, _channel, read = frame.unmarshal(left)
            found.append(read)
            left = left[size:]
        return found


async def send(wire: Wire, count: int, body: bytes = b"x") -> None:
    messages = [Outgoing(routing_key=f"a.{n}", message_id=str(n), body=body) for n in range(count)]
    await send_all(cast(Channel, wire), "facts", messages)


async def test_a_batch_is_one_piece_and_in_order() -> None:
    wire = Wire(ack, ack, ack)
    await send(wire, 3)
    assert len(wire.pieces) == 1
    sent = [each for each in wire.frames if isinstance(each, Basic.Publish)]
    assert [each.routing_key for each in sent] == ["a.0", "a.1", "a.2"]
    assert wire.delivery_tag == 10  # the broker counts publishes likewise


async def test_a_body_that_is_larger_than_a_frame_goes_in_several() -> None:
    wire = Wire(ack)
    await send(wire, 1, b"0123456789" * 2 + b"end")
    bodies = [each.value for each in wire.frames if isinstance(each, ContentBody)]
    assert bodies == [b"0123456789", b"0123456789", b"end"]


async def test_nothing_is_sent_of_nothing() -> None:
    wire = Wire()
    await send(wire, 0)
    assert wire.pieces == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda confirm: confirm.cancel(),
        lambda confirm: confirm.set_result(None),
        lambda confirm: confirm.set_result(Basic.Nack()),
    ],
)
async def test_what_is_not_a_confirm_does_not_pass_for_one(answer: End) -> None:
    with pytest.raises(ConnectionError):
        await send(Wire(ack, answer, ack), 3)


async def test_a_refusal_is_told_from_a_broken_line() -> None:
    refused = DeliveryError(None, Basic.Nack())
    with pytest.raises(DeliveryError):
        await send(Wire(ack, lambda confirm: confirm.set_exception(refused)), 2)


async def test_what_was_never_written_is_not_counted() -> None:
    wire = Wire(ack, breaks=True)
    with pytest.raises(ConnectionResetError):
        await send(wire, 2)
    assert (wire.delivery_tag, wire.confirmations) == (7, {})
