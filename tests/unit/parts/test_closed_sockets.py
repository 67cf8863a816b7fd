"""The guard over the unit tests."""

import asyncio
import socket

import pytest

from tests.unit.conftest import ReachedOut


def test_a_unit_test_cannot_connect() -> None:
    with socket.socket() as one, pytest.raises(ReachedOut):
        one.connect(("127.0.0.1", 1))


async def test_an_async_unit_test_cannot_connect() -> None:
    with pytest.raises(ReachedOut):
        await asyncio.open_connection("127.0.0.1", 1)


async def test_a_unit_test_cannot_serve() -> None:
    with pytest.raises(ReachedOut):
        await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
