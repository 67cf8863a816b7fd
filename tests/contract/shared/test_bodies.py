"""No body that is too large, too slow, too deep or misshapen gets further than its reader."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from shared.web.answers import answer
from shared.web.body import read, read_json
from shared.web.families import CINDER, GLANCE, INTERNAL, NEUTRON, NOVA, Family

Serve = Callable[..., Awaitable[Any]]
GIGABYTE = 10**9


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(max_length=10)
    size: int | None = None


class Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    thing: Thing


async def create(request: web.Request) -> web.Response:
    thing = (await read(request, Envelope)).thing
    return answer({"thing": thing.model_dump()}, status=201)


async def echo(request: web.Request) -> web.Response:
    return answer(await read_json(request))


ROUTES = [web.post("/things", create), web.post("/echo", echo)]


async def post(served: Any, body: Any, path: str = "/echo", **headers: str) -> Any:
    sent = {"Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await served.ask("POST", path, content=body, headers=sent)


async def raw(served: Any, *pieces: bytes) -> bytes:
    """Send the pieces and return all that is answered until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(60):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def head(*lines: str) -> bytes:
    every = ("POST /echo HTTP/1.1", "Host: x", "X-Auth-Token: a", *lines)
    return "\r\n".join((*every, "Content-Type: application/json", "", "")).encode()


async def test_a_good_body_becomes_its_model(serve: Serve) -> None:
    made = await post(await serve(ROUTES), b'{"thing": {"name": "x"}}', "/things")
    assert (made.status_code, made.json()) == (201, {"thing": {"name": "x", "size": None}})


@pytest.mark.parametrize("family", [NOVA, CINDER, NEUTRON, GLANCE, INTERNAL])
async def test_a_gigabyte_is_refused_before_it_is_read(serve: Serve, family: Family) -> None:
    served = await serve(ROUTES, family)
    said = await raw(served, head(f"Content-Length: {GIGABYTE}"))
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in said.lower()
    assert b"Request is too large." in said


async def test_an_endless_chunked_body_is_cut_at_the_limit(serve: Serve) -> None:
    served = await serve(ROUTES, body_limit=1000)
    chunk = b"100\r\n" + b"x" * 256 + b"\r\n"
    said = await raw(served, head("Transfer-Encoding: chunked"), *[chunk] * 5)
    assert said.startswith(b"HTTP/1.1 413 ")


async def test_a_body_of_exactly_the_limit_is_taken(serve: Serve) -> None:
    served = await serve(ROUTES, body_limit=100)
    exact = b'"' + b"x" * 98 + b'"'
    assert (await post(served, exact)).status_code == 200
    assert (await post(served, exact + b" ")).status_code == 413


async def test_a_body_that_never_ends_meets_its_deadline(serve: Serve) -> None:
    served = await serve(ROUTES, body_deadline=0.05)
    said = await raw(served, head("Content-Length: 10"), b'{"a"')
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"The request did not arrive in time." in said


async def test_headers_that_never_end_meet_theirs(serve: Serve) -> None:
    served = await serve(ROUTES, idle_deadline=0.05)
    assert await raw(served, b"POST /echo HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""


async def test_a_connection_that_asks_nothing_is_closed(serve: Serve) -> None:
    assert await raw(await serve(ROUTES, idle_deadline=0.05)) == b""


MALFORMED = {
    "nothing": b"",
    "not JSON": b"{thing}",
    "too deep": b"[" * 100_000 + b"]" * 100_000,
    "not a number": b"[NaN]",
    "infinite": b"[1e400]",
    "half a character": b'["\xc3"]',
    "a lone surrogate": b'["\\ud800"]',
    "a raw NUL": b'["\x00"]',
    "cut off": b'{"a": ',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_json_is_a_bad_request(serve: Serve, body: bytes) -> None:
    refused = await post(await serve(ROUTES), body)
    assert (refused.status_code, refused.json()) == (
        400, {"badRequest": {"code": 400, "message": "Malformed request body"}}
    )  # fmt: skip


@pytest.mark.parametrize("body", [b'{"a": ["x\\u0000"]}', b'{"a\\u0000": 1}'])
async def test_nul_characters_are_refused_wherever_they_hide(serve: Serve, body: bytes) -> None:
    refused = await post(await serve(ROUTES), body)
    assert refused.status_code == 400
    assert "NUL" in refused.text


async def test_an_escaped_backslash_before_u0000_is_no_nul(serve: Serve) -> None:
    assert (await post(await serve(ROUTES), b'["\\\\u0000"]')).json() == ["\\u0000"]


async def test_duplicate_keys_are_taken_as_upstream_takes_them(serve: Serve) -> None:
    assert (await post(await serve(ROUTES), b'{"a": 1, "a": 2}')).json() == {"a": 2}


@pytest.mark.parametrize(
    ("family", "media_type", "status"),
    [
        (NOVA, "application/json; charset=utf-8", 200),
        (NOVA, "text/plain", 200),
        (NOVA, "", 200),
        (NOVA, "application/xml", 415),
        (CINDER, "text/plain", 200),
        (NEUTRON, "text/plain", 415),
        (NEUTRON, "", 200),
        (GLANCE, "application/x-www-form-urlencoded", 415),
    ],
)
async def test_a_body_must_claim_to_be_json(
    serve: Serve, family: Family, media_type: str, status: int
) -> None:
    refused = await post(await serve(ROUTES, family), b"{}", Content_Type=media_type)
    assert refused.status_code == status


async def test_compressed_bodies_are_not_inflated(serve: Serve) -> None:
    refused = await post(await serve(ROUTES), b"\x1f\x8b", Content_Encoding="gzip")
    assert refused.status_code == 415


WORDS: list[tuple[Family, bytes, str]] = [
    (
        NOVA,
        b'{"thing": {"name": "x", "id": 1}}',
        "Additional properties are not allowed ('id' was unexpected)",
    ),
    (NOVA, b'{"thing": {}}', "'name' is a required property"),
    (
        NOVA,
        b'{"thing": {"name": 1}}',
        "Invalid input for field/attribute thing.name. Value: 1. 1 is not of type 'string'",
    ),
    (
        NOVA,
        b'{"thing": {"name": "xxxxxxxxxxx"}}',
        (
            "Invalid input for field/attribute thing.name. Value: xxxxxxxxxxx. "
            "'xxxxxxxxxxx' is too long"
        ),
    ),
    (NEUTRON, b'{"thing": {"name": "x", "id": 1}}', "Unrecognized attribute(s) 'id'"),
    (
        NEUTRON,
        b'{"thing": {}}',
        "Failed to parse request. Required attribute 'name' not specified",
    ),
    (
        NEUTRON,
        b'{"thing": {"name": 1}}',
        "Invalid input for thing.name. Reason: 1 is not of type 'string'.",
    ),
]


@pytest.mark.parametrize(("family", "body", "words"), WORDS)
async def test_a_misshapen_body_is_told_what_is_wrong(
    serve: Serve, family: Family, body: bytes, words: str
) -> None:
    refused = await post(await serve(ROUTES, family), body, "/things")
    (inner,) = refused.json().values()
    assert (refused.status_code, inner["message"]) == (400, words)
    assert inner.get("type", "HTTPBadRequest") == "HTTPBadRequest"


async def test_a_client_that_hangs_up_in_the_middle_harms_nobody(serve: Serve) -> None:
    served = await serve(ROUTES)

    async def broken() -> AsyncIterator[bytes]:
        yield b"{"
        raise OSError("hung up")

    with pytest.raises(OSError, match="hung up"):
        await post(served, broken())
    assert (await post(served, b"{}")).status_code == 200
