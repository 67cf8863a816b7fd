"""An application of our making behind a real socket."""

import io
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest
import structlog
from aiohttp import web

from shared import logs
from shared.identity.middleware import authentication
from shared.testing.identity import FakeValidator, caller
from shared.web.app import build_app, exactly
from shared.web.families import NOVA, Family
from shared.web.serve import serving

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # httpx would read every root certificate there is
KEYSTONE = "http://keystone.example/v3"


@dataclass(slots=True)
class Served:
    """A served application: its client, and where it listens."""

    client: httpx.AsyncClient
    port: int

    async def ask(self, method: str, path: str, user: str = "a", **how: Any) -> httpx.Response:
        headers = {"X-Auth-Token": user, **how.pop("headers", {})}
        return await self.client.request(method, path, headers=headers, **how)


Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves routes as a family until the test ends; tokens ``a``, ``b`` and ``admin`` are good."""
    async with AsyncExitStack() as stack:

        async def begin(
            routes: Sequence[web.RouteDef],
            family: Family = NOVA,
            idle_deadline: float = 30.0,
            **options: Any,
        ) -> Served:
            validator = FakeValidator(
                {
                    "a": caller(user="a" * 32),
                    "b": caller("b" * 32, user="b" * 32),
                    "admin": caller(roles=["admin"]),
                }
            )
            app = build_app(
                family,
                routes,
                service="tested",
                authenticate=authentication(validator, keystone_uri=KEYSTONE),
                public_paths=exactly("/"),
                **options,
            )
            running = serving(app, "127.0.0.1", 0, idle_deadline=idle_deadline, linger=0.05)
            port = await stack.enter_async_context(running)
            base = f"http://127.0.0.1:{port}"
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=base, verify=NO_TLS, timeout=30)
            )
            return Served(client, port)

        yield begin


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log_lines() -> Iterator[Lines]:
    """Everything logged since, as the JSON it is written as."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("the process", "INFO", stream)
    yield lambda: [orjson.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level
