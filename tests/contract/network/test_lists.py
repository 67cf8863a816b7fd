"""Lists: filters, orders, pages, fields; one statement each."""

import pytest

from tests.integration.network.rig import Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def three(rig: Rig) -> list[str]:
    made = [await rig.make("networks", name=name, description="d") for name in "bca"]
    return [each["name"] for each in made]


async def names(rig: Rig, query: str) -> list[str]:
    return [each["name"] for each in (await rig.get(f"/networks?{query}"))["networks"]]


async def test_lists_are_sorted_by_any_key(rig: Rig) -> None:
    await three(rig)
    assert await names(rig, "sort_key=name&sort_dir=asc") == ["a", "b", "c"]
    assert await names(rig, "sort_key=name&sort_dir=desc") == ["c", "b", "a"]
    assert await names(rig, "sort_key=description&sort_dir=asc&sort_key=name&sort_dir=desc") == [
        "c",
        "b",
        "a",
    ]


async def test_pages_follow_their_links_there_and_back(rig: Rig) -> None:
    await three(rig)
    first = await rig.get("/networks?limit=2&sort_key=name&sort_dir=asc")
    assert [each["name"] for each in first["networks"]] == ["a", "b"]
    (href,) = [each["href"] for each in first["networks_links"] if each["rel"] == "next"]
    second = await rig.get(href.partition("/v2.0")[2])
    assert [each["name"] for each in second["networks"]] == ["c"]
    back = [each["href"] for each in second["networks_links"] if each["rel"] == "previous"]
    again = await rig.get(back[0].partition("/v2.0")[2])
    assert [each["name"] for each in again["networks"]] == ["a", "b"]


async def test_without_a_limit_there_are_no_links(rig: Rig) -> None:
    await three(rig)
    assert set(await rig.get("/networks")) == {"networks"}


async def test_only_the_fields_that_are_asked_for(rig: Rig) -> None:
    made = await rig.make("networks", name="a")
    assert await rig.get("/networks?fields=id&fields=name") == {
        "networks": [{"id": made["id"], "name": "a"}]
    }
    assert await rig.get(f"/networks/{made['id']}?fields=name") == {"network": {"name": "a"}}


async def test_filters_narrow_and_repeated_ones_widen(rig: Rig) -> None:
    await three(rig)
    assert sorted(await names(rig, "name=a&name=b")) == ["a", "b"]
    assert await names(rig, "name=a&admin_state_up=false") == []
    assert await names(rig, "name=a&status=ACTIVE&router:external=False") == ["a"]
    assert await names(rig, "id=web") == []
    assert await names(rig, "name=") == []


@pytest.mark.parametrize(
    "query",
    [
        "colour=red",
        "sort_key=colour&sort_dir=asc",
        "sort_key=name&sort_dir=up",
        "sort_key=name",
        "limit=-1",
        "limit=many",
        "admin_state_up=perhaps",
        "mtu=wide",
        f"mtu={10**30}",
        "name=%00",
    ],
)
async def test_queries_that_cannot_be_meant_are_refused(rig: Rig, query: str) -> None:
    status, answer = await rig.call("demo", "GET", f"/networks?{query}")
    assert status == 400
    assert answer["NeutronError"]["type"] == "HTTPBadRequest"


async def test_a_page_after_what_others_have_is_not_found(rig: Rig) -> None:
    _, foreign = await rig.network("10.9.0.0/24", who="other")
    await rig.network()
    for order in ("sort_key=name&sort_dir=asc", "sort_key=id&sort_dir=desc", "limit=5"):
        path = f"/subnets?{order}&marker={foreign['id']}"
        status, answer = await rig.call("demo", "GET", path)
        assert (status, answer["NeutronError"]["type"]) == (404, "SubnetNotFound"), order


@pytest.mark.parametrize("marker", ["web", "5d8f0000-0000-4000-8000-00000000dead"])
async def test_a_page_after_nobody_is_not_found(rig: Rig, marker: str) -> None:
    status, answer = await rig.call("demo", "GET", f"/networks?limit=1&marker={marker}")
    assert (status, answer["NeutronError"]["type"]) == (404, "NetworkNotFound")


@pytest.mark.parametrize(
    "path",
    ["networks", "subnets", "ports?limit=2", "security-groups", "security-group-rules"],
)
async def test_a_list_is_one_statement(rig: Rig, path: str) -> None:
    network, _subnet = await rig.network()
    for _each in range(3):
        await rig.make("ports", network_id=network["id"])
    with rig.statements() as statements:
        assert next(iter((await rig.get(f"/{path}")).values()))
    assert len(statements) == 1


async def test_ports_are_found_by_address_and_group(rig: Rig) -> None:
    network, subnet = await rig.network()
    port = await rig.make("ports", network_id=network["id"], fixed_ips=[{"ip_address": "10.0.0.9"}])
    await rig.make("ports", network_id=network["id"])
    group = port["security_groups"][0]
    found = {
        "fixed_ips=ip_address%3D10.0.0.9": 1,
        "fixed_ips=ip_address%3D10.0.0.77": 0,
        "fixed_ips=ip_address%3Dnonsense": 0,
        "fixed_ips=ip_address_substr%3D0.0.9": 1,
        f"fixed_ips=subnet_id%3D{subnet['id']}": 2,
        f"fixed_ips=subnet_id%3D{subnet['id']}&fixed_ips=ip_address%3D10.0.0.9": 1,
        f"security_groups={group}": 2,
        f"network_id={network['id']}&device_id=": 2,
        "mac_address=" + port["mac_address"]: 1,
    }
    for query, expected in found.items():
        assert len((await rig.get(f"/ports?{query}"))["ports"]) == expected, query


async def test_tags_are_put_taken_and_filtered_by(rig: Rig) -> None:
    made = await rig.make("networks", name="a")
    path = f"/networks/{made['id']}/tags"
    assert await rig.call("demo", "PUT", path, {"tags": ["red", "blue"]}) == (
        200,
        {"tags": ["blue", "red"]},
    )
    assert (await rig.call("demo", "PUT", f"{path}/green"))[0] == 201
    assert (await rig.call("demo", "POST", path, {"tags": ["red"]}))[0] == 200
    assert (await rig.call("demo", "GET", f"{path}/green"))[0] == 204
    assert (await rig.call("demo", "DELETE", f"{path}/green"))[0] == 204
    assert (await rig.call("demo", "GET", f"{path}/green"))[0] == 404
    assert (await rig.call("demo", "DELETE", f"{path}/green"))[0] == 404
    assert await rig.get(path) == {"tags": ["blue", "red"]}
    assert await names(rig, "tags=red,blue") == ["a"]
    assert await names(rig, "tags=red,white") == []
    assert await names(rig, "tags-any=red,white") == ["a"]
    assert await names(rig, "not-tags=red,white") == ["a"]
    assert await names(rig, "not-tags-any=red,white") == []
    assert (await rig.call("demo", "DELETE", path))[0] == 204
    assert (await rig.get(f"/networks/{made['id']}"))["network"]["tags"] == []


async def test_tags_that_are_none_are_refused(rig: Rig) -> None:
    made = await rig.make("networks")
    path = f"/networks/{made['id']}/tags"
    for tags in ("red", [5], ["t" * 256], [str(each) for each in range(51)]):
        assert (await rig.call("demo", "PUT", path, {"tags": tags}))[0] == 400
    assert (await rig.call("other", "PUT", path, {"tags": ["x"]}))[0] == 404
    assert await rig.get(path) == {"tags": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/networks/{id}/tags/%00"),
        ("GET", "/networks/{id}/tags/%00"),
        ("DELETE", "/networks/{id}/tags/a%00b"),
        ("GET", "/network-ip-availabilities?network_name=%00"),
        ("GET", "/network-ip-availabilities?tenant_id=%00"),
    ],
)
async def test_nul_is_refused_wherever_it_comes(rig: Rig, method: str, path: str) -> None:
    made = await rig.make("networks")
    status, answer = await rig.call("admin", method, path.replace("{id}", made["id"]))
    assert (status, answer["NeutronError"]["type"]) == (400, "HTTPBadRequest")


async def test_lists_are_of_what_changed_since(rig: Rig) -> None:
    made = await rig.make("networks", name="n")
    at = made["updated_at"]
    assert len((await rig.get(f"/networks?changed_since={at}"))["networks"]) == 1
    assert len((await rig.get(f"/networks?changed_since={at[:-1]}"))["networks"]) == 1
    assert (await rig.get("/networks?changed_since=2999-01-01T00:00:00Z"))["networks"] == []
    assert len((await rig.get(f"/networks?created_at={made['created_at']}"))["networks"]) == 1
    assert (await rig.get("/networks?updated_at=2001-01-01T00:00:00Z"))["networks"] == []
    for text in ("yesterday", "2026-01-01", "", "9" * 40):
        assert (await rig.call("demo", "GET", f"/networks?changed_since={text}"))[0] == 400
