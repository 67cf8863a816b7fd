"""What new security groups begin with, as administrators say and everybody sees."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.network.rig import Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/default-security-group-rules"
NOWHERE = "5d8f0000-0000-4000-8000-00000000dead"


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def _as_before(rig: Rig) -> AsyncIterator[None]:
    """Have the first four rules again, which no test takes away."""
    yield
    for each in await known(rig):
        if not each["id"].startswith("7b0c4a1e"):
            await rig.call("admin", "DELETE", f"{PATH}/{each['id']}")


async def known(rig: Rig) -> list[Json]:
    found: list[Json] = (await rig.get(PATH))["default_security_group_rules"]
    return found


async def add(rig: Rig, who: str = "admin", **fields: Any) -> tuple[int, Any]:
    wanted = {"direction": "ingress", **fields}
    return await rig.call(who, "POST", PATH, {"default_security_group_rule": wanted})


def kind(answer: Any) -> Any:
    return answer["NeutronError"]["type"]


def allowed(group: Json) -> set[tuple[Any, ...]]:
    rules = group["security_group_rules"]
    return {(each["direction"], each["ethertype"], each["port_range_min"]) for each in rules}


async def test_four_rules_are_there_at_first(rig: Rig) -> None:
    found = await known(rig)
    assert [
        (each["direction"], each["remote_group_id"], each["used_in_non_default_sg"])
        for each in found
    ] == [
        ("egress", None, True),
        ("egress", None, True),
        ("ingress", "PARENT", False),
        ("ingress", "PARENT", False),
    ]
    assert all(each["used_in_default_sg"] for each in found)
    shown = await rig.get(f"{PATH}/{found[0]['id']}")
    assert shown == {"default_security_group_rule": found[0]}
    egress = (await rig.get(f"{PATH}?direction=egress&fields=id"))["default_security_group_rules"]
    assert egress == [{"id": each["id"]} for each in found[:2]]


async def test_new_groups_begin_with_what_administrators_say(rig: Rig) -> None:
    before = await rig.make("security-groups", name="before")
    ssh: Json = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    status, answer = await add(rig, **ssh)
    assert status == 201
    made = answer["default_security_group_rule"]
    assert (made["used_in_default_sg"], made["used_in_non_default_sg"]) == (False, True)
    after = await rig.make("security-groups", name="after")
    assert allowed(after) - allowed(before) == {("ingress", "IPv4", 22)}
    (default,) = (await rig.get("/security-groups?name=default", "other"))["security_groups"]
    assert ("ingress", "IPv4", 22) not in allowed(default)
    assert (await rig.call("admin", "DELETE", f"{PATH}/{made['id']}"))[0] == 204
    assert allowed(await rig.make("security-groups", name="later")) == allowed(before)
    assert ("ingress", "IPv4", 22) in allowed(
        (await rig.get(f"/security-groups/{after['id']}"))["security_group"]
    )


async def test_default_groups_begin_with_theirs(rig: Rig) -> None:
    await add(rig, used_in_default_sg=True, used_in_non_default_sg=False, protocol="icmp")
    (default,) = (await rig.get("/security-groups?name=default"))["security_groups"]
    assert len(default["security_group_rules"]) == 5
    assert {each["remote_group_id"] for each in default["security_group_rules"]} == {
        None,
        default["id"],
    }
    assert len((await rig.make("security-groups", name="g"))["security_group_rules"]) == 2


@pytest.mark.parametrize(
    ("fields", "status", "name"),
    [
        ({"direction": "sideways"}, 400, "HTTPBadRequest"),
        ({"remote_group_id": NOWHERE}, 400, "HTTPBadRequest"),
        ({"port_range_min": 5}, 400, "SecurityGroupProtocolRequiredWithPorts"),
        ({"remote_ip_prefix": "fd00::/64"}, 400, "SecurityGroupRuleParameterConflict"),
        ({"remote_address_group_id": NOWHERE}, 404, "AddressGroupNotFound"),
        ({"direction": "egress"}, 409, "DefaultSecurityGroupRuleExists"),
    ],
)
async def test_rules_that_cannot_be_are_refused(
    rig: Rig, fields: Json, status: int, name: str
) -> None:
    before = await known(rig)
    answered, answer = await add(rig, **fields)
    assert (answered, kind(answer)) == (status, name)
    assert await known(rig) == before


async def test_only_administrators_say_it(rig: Rig) -> None:
    assert (await add(rig, "demo"))[0] == 403
    found = await known(rig)
    assert (await rig.call("demo", "DELETE", f"{PATH}/{found[0]['id']}"))[0] == 403
    for method in ("GET", "DELETE"):
        status, answer = await rig.call("admin", method, f"{PATH}/{NOWHERE}")
        assert (status, kind(answer)) == (404, "DefaultSecurityGroupRuleNotFound")
    assert (await rig.call("admin", "PUT", f"{PATH}/{found[0]['id']}", {}))[0] in {404, 405}
