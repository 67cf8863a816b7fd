"""Our token validation against the real Keystone."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from deploy.parts.keystone import Keystone
from shared.errors import NotAuthenticated, Unavailable
from shared.identity.connection import Identity, keystone_identity
from shared.identity.keystone import Credentials
from shared.identity.middleware import Asking


@pytest.fixture
async def identity(keystone: Keystone) -> AsyncIterator[Identity]:
    credentials = Credentials(username="nova", password=keystone.password("nova"))
    async with keystone_identity(keystone.url, credentials, token_ttl=0) as opened:
        yield opened


async def test_a_users_token_shows_the_user(keystone: Keystone, identity: Identity) -> None:
    caller = await identity.validator.validate(keystone.token("demo", "demo"))
    assert (caller.user_name, caller.project_name) == ("demo", "demo")
    assert (caller.user_domain_id, caller.project_domain_id) == ("default", "default")
    assert caller.roles == {"member", "reader"}
    assert not caller.is_admin


async def test_our_own_token_is_a_services(identity: Identity) -> None:
    own = await identity.service_token.get()
    assert (await identity.validator.validate(own)).is_service


async def test_a_service_may_act_for_a_user(keystone: Keystone, identity: Identity) -> None:
    own = await identity.service_token.get()
    caller = await identity.validator.validate(keystone.token("demo", "demo"), own)
    assert (caller.user_name, caller.is_service, caller.is_admin) == ("demo", True, False)


@pytest.mark.parametrize("token", ["forged", "gAAAAA" + "x" * 180, "../../etc/passwd"])
async def test_a_token_keystone_did_not_make_is_refused(identity: Identity, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        await identity.validator.validate(token)


def ask(keystone: Keystone, token: str, method: str, path: str, **how: Any) -> httpx.Response:
    headers = {"X-Auth-Token": token, **how.pop("headers", {})}
    url = f"{keystone.url}/v3{path}"
    answer = httpx.request(method, url, headers=headers, trust_env=False, timeout=60, **how)
    return answer.raise_for_status()


async def test_a_revoked_token_is_refused(keystone: Keystone, identity: Identity) -> None:
    token = keystone.token("demo", "demo")
    await identity.validator.validate(token)
    ask(keystone, token, "DELETE", "/auth/tokens", headers={"X-Subject-Token": token})
    with pytest.raises(NotAuthenticated):
        await identity.validator.validate(token)


async def test_our_own_token_is_replaced_when_it_is_revoked(
    keystone: Keystone, identity: Identity
) -> None:
    old = await identity.service_token.get()
    ask(keystone, old, "DELETE", "/auth/tokens", headers={"X-Subject-Token": old})
    assert (await identity.validator.validate(keystone.token("demo", "demo"))).user_name == "demo"
    assert await identity.service_token.get() != old


async def test_an_application_credential_opens_what_its_rules_say(
    keystone: Keystone, identity: Identity
) -> None:
    token = keystone.token("demo", "demo")
    user = (await identity.validator.validate(token)).user_id
    rule = {"service": "compute", "method": "GET", "path": "/v2.1/servers/*"}
    wanted = {"name": "narrow", "access_rules": [rule]}
    made = ask(
        keystone,
        token,
        "POST",
        f"/users/{user}/application_credentials",
        json={"application_credential": wanted},
    ).json()["application_credential"]
    login = {
        "methods": ["application_credential"],
        "application_credential": {"id": made["id"], "secret": made["secret"]},
    }
    narrow = ask(keystone, token, "POST", "/auth/tokens", json={"auth": {"identity": login}})
    subject = narrow.headers["X-Subject-Token"]
    allowed = Asking(services=("compute",), method="GET", path="/v2.1/servers/1")
    refused = Asking(services=("compute",), method="GET", path="/v2.1/flavors")
    assert (await identity.validator.validate(subject, asking=allowed)).user_id == user
    with pytest.raises(NotAuthenticated):
        await identity.validator.validate(subject, asking=refused)


async def test_a_wrong_password_of_ours_is_our_outage(keystone: Keystone) -> None:
    credentials = Credentials(username="nova", password="wrong")
    async with keystone_identity(keystone.url, credentials) as identity:
        with pytest.raises(Unavailable):
            await identity.validator.validate(keystone.token("demo", "demo"))


async def test_a_keystone_that_is_not_there_is_an_outage() -> None:
    credentials = Credentials(username="nova", password="any")
    async with keystone_identity("http://127.0.0.1:9", credentials) as identity:
        with pytest.raises(Unavailable):
            await identity.validator.validate("some-token")
