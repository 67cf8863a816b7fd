"""Reads request bodies: nothing too large, too slow, too deep or of the wrong shape gets in."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from shared.errors import BadInput, TooLarge, WrongMediaType
from shared.web.complaints import UPSTREAM_SCHEMA, Wording, complaint
from shared.web.families import FAMILY

Model = TypeVar("Model", bound=BaseModel)

MIB: Final = 1024 * 1024
BAD_REQUEST: Final = "HTTPBadRequest"  # what Neutron calls a body it cannot use


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRules:
    """What a service takes as a body, unless a handler asks otherwise."""

    limit: int = MIB
    deadline: float = 30.0  # seconds for the whole body to arrive


BODY_RULES = web.AppKey("body_rules", BodyRules)
BODY = web.RequestKey("body", bytes)  # once read, kept for whoever reads it again


async def read(request: web.Request, model: type[Model], *, limit: int | None = None) -> Model:
    """Return the request's body as the model.

    Raises:
        BadInput: not JSON, or not what the model allows; says where and why.
        TooLarge: more bytes than the limit.
        WrongMediaType: the body does not claim to be JSON.
    """
    return parsed(await read_json(request, limit=limit), model, request.app[FAMILY].wording)


def parsed(payload: Any, model: type[Model], wording: Wording = UPSTREAM_SCHEMA) -> Model:
    """Return JSON that was read already as the model.

    Args:
        payload: the JSON, or a part of it.
        model: what it must be.
        wording: how the family words what is wrong.

    Raises:
        BadInput: it is not what the model allows; says where and why.
    """
    try:
        return model.model_validate(payload)
    except ValidationError as invalid:
        raise BadInput(complaint(invalid, wording), name=BAD_REQUEST) from invalid


async def read_json(
    request: web.Request, *, limit: int | None = None, media_types: frozenset[str] | None = None
) -> Any:
    """Return the request's body as JSON.

    Args:
        request: whose body is read.
        limit: the most bytes it may have; the service's rule if absent.
        media_types: what else it may claim to be (Glance's patches do).

    Raises:
        BadInput: not JSON, or JSON that nothing here can store (NUL characters).
        TooLarge: more bytes than the limit.
        WrongMediaType: the body does not claim to be JSON.
    """
    check_media_type(request, media_types)
    body = await read_bytes(request, limit=limit)
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as malformed:
        raise BadInput("Malformed request body", name=BAD_REQUEST) from malformed
    if b"\\u0000" in body:  # raw NULs are malformed JSON, so an escape is the only way in
        _refuse_nul(payload)
    return payload


def check_media_type(request: web.Request, also: frozenset[str] | None = None) -> None:
    """Refuse a body that claims to be something else than JSON, or is compressed.

    Raises:
        WrongMediaType: it does.
    """
    claimed = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    family = request.app[FAMILY]
    if claimed not in {"application/json", *family.media_types, *(also or ())}:
        raise WrongMediaType(f"Unsupported Content-Type {claimed}", name="HTTPUnsupportedMediaType")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongMediaType("Compressed bodies are not taken.", name="HTTPUnsupportedMediaType")


async def read_bytes(request: web.Request, *, limit: int | None = None) -> bytes:
    """Return the request's body, which must arrive within the service's deadline.

    Raises:
        TooLarge: more bytes than the limit; a body that announces its size is not even read.
        aiohttp.web.HTTPRequestTimeout: it came too slowly.
    """
    if BODY in request:
        return request[BODY]
    rules = request.app[BODY_RULES]
    most = rules.limit if limit is None else limit
    if request.content_length is not None and request.content_length > most:
        raise TooLarge("Request is too large.")
    try:
        async with asyncio.timeout(rules.deadline):
            body = await _gather(request, most)
    except TimeoutError as late:
        raise web.HTTPRequestTimeout from late
    request[BODY] = body
    return body


async def _gather(request: web.Request, most: int) -> bytes:
    body = bytearray()
    try:
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > most:
                raise TooLarge("Request is too large.")
    except web.RequestPayloadError as broken:
        raise BadInput("The request body broke off.", name=BAD_REQUEST) from broken
    return bytes(body)


def _refuse_nul(payload: Any) -> None:
    if isinstance(payload, str):
        if "\0" in payload:
            raise BadInput("Strings must not contain NUL characters.", name=BAD_REQUEST)
    elif isinstance(payload, dict):
        for key, value in payload.items():
            _refuse_nul(key)
            _refuse_nul(value)
    elif isinstance(payload, list):
        for value in payload:
            _refuse_nul(value)
