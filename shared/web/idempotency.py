"""``Idempotency-Key`` on a POST: done once, answered the same for a day.

The same key with the same body gets the stored answer; with another body 422; while the first is
still at work 409. What went wrong on our side (500 and above) is forgotten, so that a repeat tries
again. A handler may store the answer in its own transaction (``claim_of`` here, and
``shared.db.idempotency.Answers.keep`` there): then not even a crash right after the commit can
make a repeat do the work twice.
"""

import hashlib
from typing import Final, Protocol

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from shared.db.idempotency import Answer, Claim, Done, Mismatch, Outcome, Running
from shared.errors import BadInput, CloudError, Conflict, StaleWrite, Unprocessable
from shared.identity.caller import CALLER
from shared.web.body import BAD_REQUEST, read_bytes
from shared.web.families import Family
from shared.web.faults import response_to

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
LONGEST: Final = 255
BUSY_RETRY: Final = 1  # seconds

# Of an answer's headers, those that a repetition gets again.
STORED: Final = ("Content-Type", "Location", "X-Error-Code", "OpenStack-image-import-methods")

CLAIM = web.RequestKey("idempotency_claim", Claim)
KEPT = web.RequestKey("idempotency_kept", bool)  # the handler stored the answer with its work


class IdempotencyStore(Protocol):
    """Where claims and answers are kept; see ``shared.db.idempotency.IdempotencyRows``."""

    async def claim(self, key: bytes, body_hash: bytes) -> Outcome:
        """Claim the key for a request with this body, or say what became of the first one."""

    async def keep(self, claim: Claim, answer: Answer) -> None:
        """Store the answer, unless one is stored already or the claim was lost."""

    async def forget(self, claim: Claim) -> None:
        """Give the key back, unless an answer is stored."""


def claim_of(request: web.Request) -> Claim | None:
    """Return the claim under which the request is handled; none without an Idempotency-Key."""
    return request.get(CLAIM)


def stored_form(response: web.Response) -> Answer:
    """Return an answer as it is stored for repetitions."""
    body = response.body
    return Answer(
        status=response.status,
        body=body if isinstance(body, bytes) else b"",
        headers={name: response.headers[name] for name in STORED if name in response.headers},
    )


def idempotency_keys(store: IdempotencyStore, family: Family) -> Middleware:
    """Build the middleware that answers repeated POSTs; it stands inside authentication."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get(HEADER)
        if given is None or request.method != "POST" or CALLER not in request:
            return await handler(request)
        outcome = await store.claim(_scoped(request, given), await _body_hash(request))
        if not isinstance(outcome, Claim):
            return _answer_repeat(outcome)
        request[CLAIM] = outcome
        return await _handle_claimed(store, family, request, handler)

    return middleware


async def _handle_claimed(
    store: IdempotencyStore, family: Family, request: web.Request, handler: Handler
) -> web.StreamResponse:
    claim = request[CLAIM]
    response: web.StreamResponse | None = None
    try:
        response = await _answered(family, request, handler)
    finally:
        if not isinstance(response, web.Response) or not _lasts(response):
            await store.forget(claim)
    if isinstance(response, web.Response) and _lasts(response) and not request.get(KEPT):
        await store.keep(claim, stored_form(response))
    return response


async def _answered(family: Family, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Handle the request; a refusal that would be repeated is rendered here, to be stored."""
    try:
        return await handler(request)
    except StaleWrite:  # "try again" is no answer to keep for a day
        raise
    except CloudError as refusal:
        if family.status_of(refusal) >= 500:
            raise
        return response_to(family, request, refusal)


def _lasts(response: web.StreamResponse) -> bool:
    """Whether the answer would be the same tomorrow: not when it says to come back later."""
    return response.status < 500 and "Retry-After" not in response.headers


def _answer_repeat(outcome: Done | Running | Mismatch) -> web.Response:
    match outcome:
        case Done(answer=answer):
            headers = {**answer.headers, REPLAYED: "true"}
            return web.Response(status=answer.status, body=answer.body or None, headers=headers)
        case Running():
            raise Conflict(
                "A request with this Idempotency-Key is still being handled.",
                name="IdempotencyKeyBusy",
                retry_after=BUSY_RETRY,
            )
        case Mismatch():
            raise Unprocessable(
                "This Idempotency-Key was used with another request body.",
                name="IdempotencyKeyReused",
            )


def _scoped(request: web.Request, given: str) -> bytes:
    """Return the key as it is stored: nobody's key meets another user's, project's or URL's."""
    if not 0 < len(given) <= LONGEST or not given.isascii() or not given.isprintable():
        raise BadInput(
            f"{HEADER} must be 1 to {LONGEST} printable ASCII characters.", name=BAD_REQUEST
        )
    caller = request[CALLER]
    scope = (caller.project_id, caller.user_id, request.method, request.path, given)
    return hashlib.sha256("\0".join(scope).encode()).digest()


async def _body_hash(request: web.Request) -> bytes:
    return hashlib.sha256(await read_bytes(request)).digest()
