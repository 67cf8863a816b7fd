"""A service has one token, and another in time."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from shared.errors import Unavailable
from shared.identity.service_token import ServiceToken


async def test_keystone_is_asked_with_the_service_users_credentials(
    own: ServiceToken, fake: Any
) -> None:
    await own.get()
    auth = orjson.loads(fake.asked[0].content)["auth"]
    user = auth["identity"]["password"]["user"]
    assert (user["name"], user["password"], user["domain"]) == ("nova", "pw", {"name": "Default"})
    assert auth["scope"] == {"project": {"name": "service", "domain": {"name": "Default"}}}


async def test_a_token_serves_until_shortly_before_its_end(
    own: ServiceToken, fake: Any, clock: Any
) -> None:
    assert await own.get() == "own-1"
    clock.seconds = 3600 - 301
    assert await own.get() == "own-1"
    clock.seconds = 3600 - 299
    assert await own.get() == "own-2"


async def test_a_short_lived_token_is_not_renewed_all_the_time(
    own: ServiceToken, fake: Any, clock: Any
) -> None:
    fake.own_life = 60
    assert await own.get() == await own.get() == "own-1"
    clock.seconds = 55
    assert await own.get() == "own-2"


async def test_many_who_need_one_ask_once(own: ServiceToken, fake: Any) -> None:
    fake.gate = asyncio.Event()
    asking = [asyncio.create_task(own.get()) for _ in range(50)]
    await asyncio.sleep(0)
    fake.gate.set()
    assert set(await asyncio.gather(*asking)) == {"own-1"}
    assert len(fake.asked) == 1


async def test_many_whose_token_was_refused_get_the_same_new_one(
    own: ServiceToken, fake: Any
) -> None:
    old = await own.get()
    renewed = await asyncio.gather(*(own.renew(old) for _ in range(50)))
    assert set(renewed) == {"own-2"}
    assert await own.renew(old) == "own-2"
    assert await own.renew("own-2") == "own-3"


@pytest.mark.parametrize("trouble", [httpx.Response(401), httpx.ConnectError("no")], ids=repr)
async def test_no_token_to_be_had_is_an_outage(
    own: ServiceToken, fake: Any, trouble: httpx.Response | Exception
) -> None:
    fake.breaks = [trouble]
    with pytest.raises(Unavailable):
        await own.get()
    assert await own.get() == "own-1"
