"""A client for tests that start a simulator of their own."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from deploy.simulator.simulator import Endpoint

_FINAL = {"success", "error", "canceled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Calls one simulated cluster."""

    endpoint: Endpoint
    session: aiohttp.ClientSession

    async def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.session.request(method, self.endpoint.url + path, json=body) as answer:
            return answer.status, json.loads(await answer.read())

    async def get(self, path: str) -> Any:
        status, value = await self.call("GET", path)
        assert status == 200, value
        return value

    async def ended(self, number: int) -> Any:
        """The job, as soon as it has ended."""
        while (job := await self.get(f"/2/jobs/{number}"))["end_ts"] is None:
            continue
        return job

    async def run(self, method: str, path: str, body: Any = None) -> Any:
        status, number = await self.call(method, path, body)
        assert status == 200, number
        while True:
            job = await self.get(f"/2/jobs/{number}")
            if job["status"] in _FINAL:
                return job
            await asyncio.sleep(0.005)


@asynccontextmanager
async def client(endpoint: Endpoint) -> AsyncIterator[Client]:
    context = ssl.create_default_context(cafile=str(endpoint.ca_file))
    context.check_hostname = False  # it is pinned; masters answer at addresses of their own
    connector = aiohttp.TCPConnector(ssl=context, force_close=True)
    login = aiohttp.encode_basic_auth(endpoint.username, endpoint.password)
    async with aiohttp.ClientSession(
        connector=connector, headers={"Authorization": login}
    ) as session:
        yield Client(endpoint=endpoint, session=session)


def create(name: str, **more: Any) -> dict[str, Any]:
    """A create body with one 16 MiB disk."""
    return {
        "__version__": 1,
        "mode": "create",
        "instance_name": name,
        "os_type": "noop+default",
        "disk_template": "ext",
        "disks": [{"size": 16, "provider": "dummy"}],
        "nics": [],
        "ip_check": False,
        "name_check": False,
        "wait_for_sync": False,
        **more,
    }
