"""Makes requests from many clients at once, and times each."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import aiohttp


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request to be made."""

    method: str
    url: str
    json: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a run came to; times in milliseconds."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int
    answer_bytes: int


async def run(
    requests: int, clients: int, headers: dict[str, str], ask: Callable[[int], Asked]
) -> Timing:
    """Make the requests, ``clients`` at a time, and say how it went.

    Args:
        requests: how many in all.
        clients: how many at once.
        headers: of every request.
        ask: makes the n-th request.
    """
    numbers = iter(range(requests))
    times: list[float] = []
    refused = size = 0

    async def client(session: aiohttp.ClientSession) -> None:
        nonlocal refused, size
        for number in numbers:
            asked = ask(number)
            began = time.perf_counter()
            async with session.request(asked.method, asked.url, json=asked.json) as answer:
                body = await answer.read()
            times.append((time.perf_counter() - began) * 1000)
            refused += answer.status >= 300
            size = max(size, len(body))

    connector = aiohttp.TCPConnector(limit=clients)
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, timeout=timeout
    ) as session:
        began = time.perf_counter()
        await asyncio.gather(*(client(session) for _ in range(clients)))
        took = time.perf_counter() - began
    times.sort()
    return Timing(
        requests=requests,
        per_second=round(requests / took, 1),
        p50_ms=round(median(times), 2),
        p99_ms=round(times[min(len(times) - 1, int(len(times) * 0.99))], 2),
        refused=refused,
        answer_bytes=size,
    )
