"""Tokens are believed as Keystone says, for as long as it says, and asked about once."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.errors import NotAuthenticated, Unavailable
from shared.identity.keystone import Keystone
from shared.identity.middleware import Asking
from shared.identity.service_token import ServiceToken
from shared.identity.validator import TokenValidator

RULE = {"id": "r", "service": "compute", "method": "GET", "path": "/v2.1/servers/*"}


async def test_a_caller_is_what_keystone_says(validator: TokenValidator, fake: Any) -> None:
    fake.add("t")
    caller = await validator.validate("t")
    assert (caller.user_id, caller.user_name, caller.user_domain_id) == ("u1", "ann", "default")
    assert (caller.project_id, caller.project_name) == ("p1", "demo")
    assert caller.roles == {"member", "reader"}
    assert caller.token == "t"
    assert (caller.is_admin, caller.is_service, caller.system_scope) == (False, False, False)
    assert "'t'" not in repr(caller)


async def test_keystone_is_asked_as_its_middleware_asks(
    validator: TokenValidator, fake: Any
) -> None:
    fake.add("t")
    await validator.validate("t")
    (request,) = fake.inspections
    assert str(request.url) == "http://keystone/identity/v3/auth/tokens?nocatalog="
    assert request.headers["X-Auth-Token"] == "own-1"
    assert request.headers["X-Subject-Token"] == "t"
    assert request.headers["OpenStack-Identity-Access-Rules"] == "1.0"


async def test_a_hundred_at_once_ask_once(validator: TokenValidator, fake: Any) -> None:
    fake.add("t")
    fake.gate = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(100):
            tasks.create_task(validator.validate("t"))
        await asyncio.sleep(0)
        fake.gate.set()
    assert len(fake.inspections) == 1
    assert fake.issued == 1


async def test_the_first_to_ask_may_leave_without_the_others(
    validator: TokenValidator, fake: Any
) -> None:
    fake.add("t")
    fake.gate = asyncio.Event()
    first = asyncio.create_task(validator.validate("t"))
    second = asyncio.create_task(validator.validate("t"))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    fake.gate.set()
    assert (await second).user_id == "u1"


async def test_an_answer_is_believed_for_thirty_seconds(
    validator: TokenValidator, fake: Any, clock: Any
) -> None:
    fake.add("t")
    await validator.validate("t")
    fake.tokens.clear()
    clock.seconds = 29.9
    await validator.validate("t")
    clock.seconds = 30.1
    with pytest.raises(NotAuthenticated):
        await validator.validate("t")
    assert len(fake.inspections) == 2


async def test_no_token_is_believed_beyond_its_end(
    validator: TokenValidator, fake: Any, clock: Any
) -> None:
    fake.add("t", life=5)
    await validator.validate("t")
    clock.seconds = 5.1
    with pytest.raises(NotAuthenticated):
        await validator.validate("t")


async def test_an_expired_token_that_keystone_still_shows_is_refused(
    validator: TokenValidator, fake: Any
) -> None:
    fake.add("t")
    fake.tokens["t"]["expires_at"] = fake.stamp(-1)
    fake.breaks = [
        httpx.Response(201, json={"token": {"expires_at": fake.stamp(900)}},
                       headers={"X-Subject-Token": "own"}),
        httpx.Response(200, json={"token": fake.tokens["t"]}),
    ]  # fmt: skip
    with pytest.raises(NotAuthenticated):
        await validator.validate("t")


async def test_a_ttl_of_nothing_asks_every_time(
    keystone: Keystone, own: ServiceToken, fake: Any, clock: Any
) -> None:
    validator = TokenValidator(keystone, own, ttl=0, clock=clock.monotonic, now=clock.now)
    fake.add("t")
    await validator.validate("t")
    fake.tokens.clear()
    for _ in range(2):
        with pytest.raises(NotAuthenticated):
            await validator.validate("t")
    assert len(fake.inspections) == 3


async def test_a_bad_token_is_remembered_for_ten_seconds(
    validator: TokenValidator, fake: Any, clock: Any
) -> None:
    for seconds, questions in ((0.0, 1), (9.9, 1), (10.1, 2)):
        clock.seconds = seconds
        with pytest.raises(NotAuthenticated):
            await validator.validate("bad")
        assert len(fake.inspections) == questions


async def test_the_memory_is_bounded_and_bad_tokens_push_out_no_good_one(
    validator: TokenValidator, fake: Any
) -> None:
    fake.add("t")
    await validator.validate("t")
    for number in range(50):
        with pytest.raises(NotAuthenticated):
            await validator.validate(f"bad-{number}")
    assert len(validator) == 6
    before = len(fake.inspections)
    await validator.validate("t")
    assert len(fake.inspections) == before


async def test_the_token_not_used_for_longest_goes_first(
    validator: TokenValidator, fake: Any
) -> None:
    for number in range(5):
        fake.add(f"t{number}")
        await validator.validate(f"t{number}")
    await validator.validate("t0")
    fake.add("t5")
    await validator.validate("t5")
    before = len(fake.inspections)
    await validator.validate("t0")
    assert len(fake.inspections) == before
    await validator.validate("t1")
    assert len(fake.inspections) == before + 1


TROUBLES: list[Any] = [
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.Response(500),
    httpx.Response(503),
    httpx.Response(429),
    httpx.Response(200, json={"token": {}}),
    httpx.Response(200, text="<html>"),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
async def test_when_keystone_is_in_trouble_nobody_is_told_they_are(
    validator: TokenValidator, own: ServiceToken, fake: Any, trouble: Any
) -> None:
    fake.add("t")
    await own.get()
    fake.breaks = [trouble]
    with pytest.raises(Unavailable):
        await validator.validate("t")
    assert (await validator.validate("t")).user_id == "u1"  # the trouble is not remembered


async def test_one_failure_reaches_all_who_wait_for_it(
    validator: TokenValidator, own: ServiceToken, fake: Any
) -> None:
    await own.get()
    fake.gate = asyncio.Event()
    fake.breaks = [httpx.ConnectError("refused")]
    waiting = [asyncio.create_task(validator.validate("t")) for _ in range(10)]
    await asyncio.sleep(0)
    fake.gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, Unavailable) for result in results)
    assert len(fake.inspections) == 1


async def test_a_service_token_that_was_revoked_is_renewed_once(
    validator: TokenValidator, own: ServiceToken, fake: Any
) -> None:
    fake.add("t")
    await own.get()
    fake.good_own.clear()
    assert (await validator.validate("t")).user_id == "u1"
    assert [request.headers["X-Auth-Token"] for request in fake.inspections] == ["own-1", "own-2"]


async def test_a_service_nobody_lets_in_is_no_fault_of_the_user(
    validator: TokenValidator, fake: Any
) -> None:
    fake.add("t")
    fake.breaks = []
    issue = fake._issue
    fake._issue = lambda: (issue(), fake.good_own.clear())[0]
    with pytest.raises(Unavailable):
        await validator.validate("t")
    assert fake.issued == 2


async def test_with_a_service_token_an_expired_token_is_still_good(
    validator: TokenValidator, fake: Any, clock: Any
) -> None:
    fake.add("t", life=60)
    fake.add("s", roles=[{"name": "service"}])
    clock.seconds = 100
    with pytest.raises(NotAuthenticated):
        await validator.validate("t")
    caller = await validator.validate("t", "s")
    assert (caller.user_id, caller.is_service) == ("u1", True)
    assert caller.roles == {"member", "reader"}
    assert fake.inspections[-1].url.params["allow_expired"] == "1"
    with pytest.raises(NotAuthenticated):
        await validator.validate("t")  # what one service saw opens nothing for others


@pytest.mark.parametrize("service_token", ["t", "unknown", ""])
async def test_a_service_token_needs_the_service_role(
    validator: TokenValidator, fake: Any, service_token: str
) -> None:
    fake.add("t")
    with pytest.raises(NotAuthenticated):
        await validator.validate("t", service_token)


@pytest.mark.parametrize("token", ["", "x" * 8193, "tök", "a\tb", "\ud800"])
async def test_what_cannot_be_a_token_is_not_asked_about(
    validator: TokenValidator, fake: Any, token: str
) -> None:
    with pytest.raises(NotAuthenticated):
        await validator.validate(token)
    assert fake.asked == []


@pytest.mark.parametrize(
    "scope",
    [
        {"project": None, "system": {"all": True}, "roles": [{"name": "admin"}]},
        {"project": None, "domain": {"id": "d1"}, "roles": [{"name": "admin"}]},
        {"project": None, "roles": []},
    ],
    ids=["system", "domain", "unscoped"],
)
async def test_roles_outside_a_project_give_nothing(
    validator: TokenValidator, fake: Any, scope: dict[str, Any]
) -> None:
    fake.add("t", **scope)
    caller = await validator.validate("t")
    assert (caller.project_id, caller.roles, caller.is_admin) == ("", frozenset(), False)
    assert caller.system_scope == ("system" in scope)
    assert caller.domain_id == ("d1" if "domain" in scope else None)


def asking(path: str, method: str = "GET", service: str = "compute") -> Asking:
    return Asking(services=(service,), method=method, path=path)


@pytest.mark.parametrize(
    ("request_", "allowed"),
    [
        (asking("/v2.1/servers/1"), True),
        (asking("/v2.1/servers/1", "DELETE"), False),
        (asking("/v2.1/servers/1", service="network"), False),
        (asking("/v2.1/servers/1/action"), False),
        (asking("/v2.1/flavors"), False),
        (None, False),
    ],
)
async def test_access_rules_narrow_an_application_credential(
    validator: TokenValidator, fake: Any, request_: Asking | None, allowed: bool
) -> None:
    fake.add("t", application_credential={"id": "c", "access_rules": [RULE]})
    fake.add("s", roles=[{"name": "service"}])
    if allowed:
        await validator.validate("t", asking=request_)
    else:
        with pytest.raises(NotAuthenticated):
            await validator.validate("t", asking=request_)
    assert (await validator.validate("t", "s", asking=request_)).user_id == "u1"


async def test_without_access_rules_an_application_credential_is_as_good_as_any(
    validator: TokenValidator, fake: Any
) -> None:
    fake.add("t", application_credential={"id": "c", "restricted": True})
    assert (await validator.validate("t")).user_id == "u1"


async def test_no_access_rule_at_all_allows_nothing(validator: TokenValidator, fake: Any) -> None:
    fake.add("t", application_credential={"id": "c", "access_rules": []})
    with pytest.raises(NotAuthenticated):
        await validator.validate("t", asking=asking("/v2.1/servers/1"))
