"""Pages of other origins: those an administrator named may call, others may not."""

from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web

from shared.identity.middleware import authentication
from shared.testing.identity import FakeValidator, caller
from shared.web.answers import answer
from shared.web.app import build_app
from shared.web.families import GLANCE
from shared.web.origins import admit
from shared.web.serve import serving
from tests.contract.shared.conftest import KEYSTONE, NO_TLS

OURS, THEIRS = "https://dashboard.example", "https://evil.example"
PATH = "/v2/images/x/file"


async def take(request: web.Request) -> web.Response:
    return answer({"took": len(await request.read())})


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(
        GLANCE,
        [web.put(PATH, take)],
        service="image",
        authenticate=authentication(FakeValidator({"a": caller()}), keystone_uri=KEYSTONE),
    )
    admit(app, [f"{OURS}/"])
    async with serving(app, "127.0.0.1", 0) as port:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, verify=NO_TLS, timeout=60) as made:
            yield made


async def test_a_browser_that_asks_beforehand_is_told(client: httpx.AsyncClient) -> None:
    asked = {
        "Origin": OURS,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,x-auth-token",
    }
    told = await client.options(PATH, headers=asked)
    assert told.status_code == 204
    assert told.headers["Access-Control-Allow-Origin"] == OURS
    assert "PUT" in told.headers["Access-Control-Allow-Methods"]
    assert told.headers["Access-Control-Allow-Headers"] == "content-type,x-auth-token"
    assert "Access-Control-Allow-Credentials" not in told.headers


@pytest.mark.parametrize("origin", [THEIRS, "null", f"{OURS}.evil.example", ""])
async def test_others_are_told_nothing(client: httpx.AsyncClient, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    told = await client.options(PATH, headers=asked)
    assert told.status_code in {401, 405}
    assert "Access-Control-Allow-Origin" not in told.headers


async def test_answers_and_refusals_are_readable_there(client: httpx.AsyncClient) -> None:
    done = await client.put(PATH, content=b"some", headers={"Origin": OURS, "X-Auth-Token": "a"})
    assert (done.status_code, done.headers["Access-Control-Allow-Origin"]) == (200, OURS)
    assert "Origin" in done.headers["Vary"]
    refused = await client.put(PATH, content=b"some", headers={"Origin": OURS})
    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, OURS)
    alone = await client.put(PATH, content=b"some", headers={"X-Auth-Token": "a"})
    assert "Access-Control-Allow-Origin" not in alone.headers
