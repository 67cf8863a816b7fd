"""Unit tests reach nothing outside their process."""

import socket
from typing import NoReturn

import pytest


class ReachedOut(AssertionError):
    """A unit test opened a connection."""


@pytest.fixture(autouse=True)
def closed_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail whoever connects, binds or resolves: such a test belongs in another folder."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise ReachedOut("BUG: a unit test used the network; move it to tests/integration")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
