"""A POST with an Idempotency-Key is done once, whatever the client repeats."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from shared.db.idempotency import Answer, Claim, Done, Mismatch, Outcome, Running
from shared.errors import Conflict, OverQuota, StaleWrite, Unavailable
from shared.ids import new_uuid
from shared.web.answers import answer
from shared.web.body import read_json
from shared.web.families import NEUTRON, NOVA
from shared.web.idempotency import claim_of

Serve = Callable[..., Awaitable[Any]]


@dataclass
class Kept:
    """Claims and answers in memory, as the database keeps them."""

    claims: dict[bytes, tuple[Claim, bytes]] = field(default_factory=dict)
    answers: dict[bytes, Answer] = field(default_factory=dict)

    async def claim(self, key: bytes, body_hash: bytes) -> Outcome:
        if key not in self.claims:
            self.claims[key] = (Claim(key=key, token=new_uuid()), body_hash)
            return self.claims[key][0]
        if self.claims[key][1] != body_hash:
            return Mismatch()
        return Done(self.answers[key]) if key in self.answers else Running()

    async def keep(self, claim: Claim, answer: Answer) -> None:
        self.answers.setdefault(claim.key, answer)

    async def forget(self, claim: Claim) -> None:
        if claim.key not in self.answers:
            del self.claims[claim.key]


class Shop:
    """Counts what it was made to do."""

    def __init__(self) -> None:
        self.made = 0
        self.fails: list[Exception] = []
        self.gate: asyncio.Event | None = None
        self.entered = asyncio.Event()

    async def create(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        self.made += 1
        number = self.made
        self.entered.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise self.fails.pop(0)
        claimed = claim_of(request) is not None
        location = f"/things/{number}"
        return answer(
            {"number": number, "body": body, "claimed": claimed},
            status=202,
            headers={"Location": location, "X-Private": "x"},
        )


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def served(serve: Serve, shop: Shop) -> Any:
    routes = [
        web.post("/things", shop.create),
        web.post("/others", shop.create),
        web.put("/things", shop.create),
    ]
    return await serve(routes, NOVA, idempotency=Kept())


async def post(
    served: Any, key: str | None = "k", body: Any = None, path: str = "/things", **how: Any
) -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return await served.ask(
        how.pop("method", "POST"), path, json=body or {"a": 1}, headers=headers, **how
    )


async def test_a_repeat_gets_the_first_answer_and_nothing_is_done_again(
    served: Any, shop: Shop
) -> None:
    first, second = await post(served), await post(served)
    assert shop.made == 1
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second.headers["Location"] == "/things/1"
    assert second.headers["Content-Type"] == "application/json"
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert "X-Private" not in second.headers
    assert first.headers["X-Openstack-Request-Id"] != second.headers["X-Openstack-Request-Id"]


async def test_the_handler_knows_its_claim(served: Any) -> None:
    assert (await post(served)).json()["claimed"] is True
    assert (await post(served, key=None)).json()["claimed"] is False


async def test_another_body_under_the_key_is_refused(served: Any, shop: Shop) -> None:
    await post(served)
    refused = await post(served, body={"a": 2})
    assert (refused.status_code, shop.made) == (422, 1)
    assert "another request body" in refused.json()["computeFault"]["message"]


async def test_while_the_first_is_at_work_a_repeat_is_told_to_wait(served: Any, shop: Shop) -> None:
    shop.gate = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(post(served))
        await shop.entered.wait()
        busy = await post(served)
        shop.gate.set()
    assert (busy.status_code, busy.headers["Retry-After"]) == (409, "1")
    assert (await post(served)).json() == first.result().json()
    assert shop.made == 1


@pytest.mark.parametrize(
    "change",
    [
        {"key": "other"},
        {"path": "/others"},
        {"user": "b"},
        {"key": None},
        {"method": "PUT"},
    ],
    ids=str,
)
async def test_a_key_means_one_request_of_one_user_only(
    served: Any, shop: Shop, change: dict[str, Any]
) -> None:
    await post(served)
    assert (await post(served, **change)).json()["number"] == 2


@pytest.mark.parametrize(
    "trouble",
    [
        ValueError("bug"),
        Unavailable("Later."),
        StaleWrite("Again."),
        Conflict("Not now.", retry_after=1),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_what_may_work_later_is_tried_again(
    served: Any, shop: Shop, trouble: Exception
) -> None:
    shop.fails = [trouble]
    assert (await post(served)).status_code >= 409
    assert (await post(served)).status_code == 202
    assert shop.made == 2


async def test_a_refusal_for_good_is_repeated_as_it_was(serve: Serve, shop: Shop) -> None:
    served = await serve([web.post("/things", shop.create)], NEUTRON, idempotency=Kept())
    shop.fails = [OverQuota("Full.")]
    first, second = await post(served), await post(served)
    assert first.status_code == second.status_code == 409
    assert first.json() == second.json()
    assert first.headers["X-Error-Code"] == second.headers["X-Error-Code"]
    assert shop.made == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tbed"])
async def test_a_key_has_a_decent_shape(served: Any, shop: Shop, key: str) -> None:
    assert (await post(served, key=key)).status_code == 400
    assert shop.made == 0


async def test_a_body_over_the_limit_claims_nothing(serve: Serve, shop: Shop) -> None:
    kept = Kept()
    served = await serve([web.post("/things", shop.create)], idempotency=kept, body_limit=10)
    assert (await post(served, body={"a": "x" * 20})).status_code == 413
    assert kept.claims == {}


async def test_without_a_token_no_key_is_looked_at(served: Any, shop: Shop) -> None:
    await post(served)
    assert (await post(served, user="nobody")).status_code == 401
