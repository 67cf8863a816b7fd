"""The real Keystone, as the demo and the tests run it."""

from typing import Any

import httpx
import pytest

from deploy.parts.keystone import Keystone
from deploy.parts.keystone_content import SERVICE_USERS, Catalogue


@pytest.fixture
def catalogue(keystone: Keystone) -> Catalogue:
    return Catalogue(
        identity=keystone.url,
        compute="http://127.0.0.1:8774",
        network="http://127.0.0.1:9696",
        image="http://127.0.0.1:9292",
        volume="http://127.0.0.1:8776",
    )


def shown(keystone: Keystone, user: str, project: str) -> dict[str, Any]:
    token = keystone.token(user, project)
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    answer = httpx.get(
        f"{keystone.url}/v3/auth/tokens", headers=headers, trust_env=False, timeout=60
    )
    body: dict[str, Any] = answer.raise_for_status().json()["token"]
    return body


def roles(keystone: Keystone, user: str, project: str) -> set[str]:
    return {role["name"] for role in shown(keystone, user, project)["roles"]}


def test_roles_imply_each_other(keystone: Keystone) -> None:
    assert roles(keystone, "admin", "admin") == {"admin", "manager", "member", "reader"}
    assert roles(keystone, "demo", "demo") == {"member", "reader"}


@pytest.mark.parametrize("user", SERVICE_USERS)
def test_service_users_may_act_for_others(keystone: Keystone, user: str) -> None:
    assert {"service", "admin"} <= roles(keystone, user, "service")


def test_the_catalogue_has_the_shapes_clients_expect(keystone: Keystone) -> None:
    token = shown(keystone, "demo", "demo")
    volume = f"http://127.0.0.1:8776/v3/{token['project']['id']}"
    offered = {
        (service["type"], endpoint["interface"], endpoint["region"]): endpoint["url"]
        for service in token["catalog"]
        for endpoint in service["endpoints"]
    }
    assert offered == {
        (kind, interface, "RegionOne"): url
        for interface in ("public", "internal", "admin")
        for kind, url in {
            "identity": keystone.url,
            "compute": "http://127.0.0.1:8774/v2.1",
            "network": "http://127.0.0.1:9696",
            "image": "http://127.0.0.1:9292",
            "volumev3": volume,
            "block-storage": volume,
        }.items()
    }


def test_filling_again_changes_nothing(keystone: Keystone, catalogue: Catalogue) -> None:
    before = shown(keystone, "demo", "demo")["catalog"]
    keystone.fill(catalogue)
    assert shown(keystone, "demo", "demo")["catalog"] == before


def test_the_catalogue_follows_the_services(keystone: Keystone, catalogue: Catalogue) -> None:
    moved = Catalogue(
        identity=catalogue.identity,
        compute="http://127.0.0.1:1",
        network=catalogue.network,
        image=catalogue.image,
        volume=catalogue.volume,
    )
    keystone.offer(moved)
    try:
        urls = {
            endpoint["url"]
            for service in shown(keystone, "demo", "demo")["catalog"]
            for endpoint in service["endpoints"]
        }
        assert "http://127.0.0.1:1/v2.1" in urls
        assert "http://127.0.0.1:8774/v2.1" not in urls
    finally:
        keystone.offer(catalogue)


def test_a_revoked_token_is_refused_at_once_by_every_worker(keystone: Keystone) -> None:
    token = keystone.token("demo", "demo")
    asker = keystone.token("admin", "admin")
    own = {"X-Auth-Token": token, "X-Subject-Token": token}
    url = f"{keystone.url}/v3/auth/tokens"
    httpx.delete(url, headers=own, trust_env=False, timeout=60).raise_for_status()
    headers = {"X-Auth-Token": asker, "X-Subject-Token": token}
    answers = {
        httpx.get(url, headers=headers, trust_env=False, timeout=60).status_code for _ in range(6)
    }
    assert answers == {404}


def test_passwords_are_for_the_owner_alone(keystone: Keystone) -> None:
    secrets = keystone.home / "secrets"
    assert secrets.stat().st_mode & 0o077 == 0
    assert {path.stat().st_mode & 0o777 for path in secrets.iterdir()} == {0o600}
