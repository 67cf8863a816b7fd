"""Calls to neighbours on real sockets: what httpx promises holds over aiohttp's connections."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from aiohttp import web

from shared.clients.http import open_client
from shared.clients.lines import SMALL

SEEN = web.AppKey("seen", list[str])
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def echo(request: web.Request) -> web.Response:
    body = await request.read()
    told = {name: request.headers.get(name, "") for name in ("X-Auth-Token", "Content-Type")}
    return web.json_response({"body": body.decode(), "a": request.query.get("a", ""), **told})


async def large(_request: web.Request) -> web.Response:
    return web.Response(body=b"x" * (SMALL * 3), headers={"X-A": "1"})


async def dripping(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for _ in range(3):
        await answer.write(b"y" * 10)
    return answer


async def silent(_request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


async def hangs_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def elsewhere(_request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "/echo"})


async def fickle(request: web.Request) -> web.Response:
    """Take what is sent, and hang up the first time."""
    await request.read()
    seen = request.app[SEEN]
    seen.append(request.method)
    if len(seen) == 1:
        assert request.transport is not None
        request.transport.close()
    return web.Response()


HANDLERS: dict[str, Handler] = {
    "/echo": echo,
    "/large": large,
    "/dripping": dripping,
    "/silent": silent,
    "/hangs-up": hangs_up,
    "/elsewhere": elsewhere,
    "/fickle": fickle,
}


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
async def site(seen: list[str]) -> AsyncIterator[str]:
    app = web.Application()
    app[SEEN] = seen
    for path, handler in HANDLERS.items():
        app.router.add_route("*", path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0)
    await place.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client() as client:
        yield client


async def test_what_is_sent_arrives_and_the_answer_comes_back(
    site: str, http: httpx.AsyncClient
) -> None:
    answer = await http.request(
        "POST",
        site + "/echo",
        content=b"{}",
        params={"a": "b c/ä"},
        headers={"X-Auth-Token": "t", "Content-Type": "application/json"},
    )
    assert answer.status_code == 200
    told = answer.json()
    assert (told["body"], told["X-Auth-Token"], told["Content-Type"]) == (
        "{}",
        "t",
        "application/json",
    )
    assert told["a"] == "b c/ä"
    assert (await http.get(site + "/echo")).json()["Content-Type"] == ""


async def test_large_and_streamed_answers_are_whole(site: str, http: httpx.AsyncClient) -> None:
    assert len((await http.get(site + "/large")).content) == SMALL * 3
    assert (await http.get(site + "/dripping")).content == b"y" * 30
    async with http.stream("GET", site + "/large") as answer:
        assert answer.headers["X-A"] == "1"
        async for chunk in answer.aiter_bytes(1000):
            assert chunk == b"x" * 1000
            break


async def test_a_body_may_come_as_a_stream(site: str, http: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    answer = await http.put(site + "/echo", content=chunks())
    assert answer.json()["body"] == "onetwo"


async def test_redirects_are_not_followed(site: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(site + "/elsewhere")).status_code == 302


@pytest.mark.parametrize("path", ["/silent", "/hangs-up"])
async def test_silence_and_hanging_up_are_errors_of_httpx(
    site: str, http: httpx.AsyncClient, path: str
) -> None:
    with pytest.raises(httpx.HTTPError):
        await http.post(site + path, timeout=0.3)


async def test_nobody_there_is_an_error_of_httpx(http: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ConnectError):
        await http.get("http://127.0.0.1:1/")
    with pytest.raises(httpx.HTTPError):
        await http.get("nonsense://127.0.0.1/")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_what_may_have_had_an_effect_is_not_sent_again(
    site: str, http: httpx.AsyncClient, seen: list[str], method: str
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await http.request(method, site + "/fickle", content=b"{}")
    assert seen == [method]
    assert (await http.request(method, site + "/fickle")).status_code == 200


async def test_a_question_may_be_asked_again(
    site: str, http: httpx.AsyncClient, seen: list[str]
) -> None:
    assert (await http.get(site + "/fickle")).status_code == 200
    assert seen == ["GET", "GET"]


async def test_whoever_does_not_read_what_is_sent_is_not_waited_for(
    http: httpx.AsyncClient,
) -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    over = asyncio.Event()
    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(httpx.TimeoutException):
            await http.put(f"http://127.0.0.1:{port}/", content=b"x" * 50_000_000, timeout=0.2)
    finally:
        over.set()
        server.close()


async def test_whom_nobody_vouches_for_is_not_spoken_to(http: httpx.AsyncClient) -> None:
    async def mumbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(mumbling, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(httpx.HTTPError):
            await http.get(f"https://127.0.0.1:{port}/")
    finally:
        server.close()
