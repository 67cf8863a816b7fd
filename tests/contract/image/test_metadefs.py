"""Metadata definitions: namespaces and the four kinds of things they define."""

from functools import partial
from typing import Any

import jsonschema
import pytest

from tests.contract.image.rig import Json, Rig

BASE = "/v2/metadefs/namespaces"
WHOLE: Json = {
    "namespace": "OS::Test",
    "display_name": "Test",
    "description": "For tests",
    "visibility": "public",
    "protected": True,
    "resource_type_associations": [{"name": "OS::Nova::Flavor", "prefix": "hw:"}],
    "properties": {"cores": {"title": "Cores", "type": "integer", "minimum": 1, "default": 2}},
    "objects": [
        {
            "name": "cpu",
            "required": ["sockets"],
            "properties": {"sockets": {"title": "Sockets", "type": "integer"}},
        }
    ],
    "tags": [{"name": "fast"}],
}


async def ask(
    rig: Rig, method: str, path: str, status: int, user: str = "admin", **how: Any
) -> Any:
    answer = await rig.ask(method, f"{BASE}{path}", user, **how)
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer.json() if answer.content else None


async def create(rig: Rig, name: str = "ns", **more: Any) -> Json:
    made: Json = await ask(rig, "POST", "", 201, json={"namespace": name, **more})
    return made


async def test_a_namespace_comes_with_what_it_defines(rig: Rig) -> None:
    made = await rig.ask("POST", BASE, "admin", json=WHOLE)
    assert made.status_code == 201
    assert made.headers["Location"].endswith(f"{BASE}/OS::Test")
    shown = await ask(rig, "GET", "/OS::Test", 200, "a")
    moments = {"created_at": shown["created_at"], "updated_at": shown["updated_at"]}
    assert shown == {
        **WHOLE,
        **moments,
        "owner": shown["owner"],
        "self": f"{BASE}/OS::Test",
        "schema": "/v2/schemas/metadefs/namespace",
        "resource_type_associations": [{**WHOLE["resource_type_associations"][0], **moments}],
        "objects": [
            {
                **WHOLE["objects"][0],
                **moments,
                "self": f"{BASE}/OS::Test/objects/cpu",
                "schema": "/v2/schemas/metadefs/object",
            }
        ],
    }
    assert made.json() == shown
    prefixed = await ask(rig, "GET", "/OS::Test?resource_type=OS::Nova::Flavor", 200)
    assert list(prefixed["properties"]) == ["hw:cores"]
    assert prefixed["objects"][0]["required"] == ["hw:sockets"]
    await ask(rig, "DELETE", "/OS::Test", 403)
    await ask(rig, "DELETE", "/OS::Test/objects/cpu", 403)
    await ask(rig, "DELETE", "/OS::Test/tags", 403)
    changed = await ask(
        rig, "PUT", "/OS::Test", 200, json={"namespace": "OS::New", "visibility": "private"}
    )
    assert (changed["protected"], changed["visibility"]) == (False, "private")
    kept = await ask(rig, "GET", "/OS::New", 200)
    assert kept["objects"][0]["self"] == f"{BASE}/OS::New/objects/cpu"
    await ask(rig, "GET", "/OS::New", 404, "a")
    await ask(rig, "DELETE", "/OS::New", 204)
    await ask(rig, "GET", "/OS::New", 404)


async def test_namespaces_are_listed_in_pages_to_who_sees_them(rig: Rig) -> None:
    await create(rig, "one", visibility="public", resource_type_associations=[{"name": "T"}])
    await create(rig, "two", visibility="public")
    await create(rig, "mine", owner="a" * 32)
    await create(rig, "theirs")

    async def names(query: str, user: str = "a") -> list[str]:
        listed = await ask(rig, "GET", f"?sort_key=namespace&sort_dir=asc{query}", 200, user)
        return [each["namespace"] for each in listed["namespaces"]]

    assert await names("") == ["mine", "one", "two"]
    assert await names("", "admin") == ["mine", "one", "theirs", "two"]
    assert await names("&visibility=private") == ["mine"]
    assert await names("&resource_types=T,U") == ["one"]
    first = await ask(rig, "GET", "?sort_key=namespace&sort_dir=asc&limit=2", 200, "a")
    rest = (await rig.ask("GET", first["next"], "a")).json()
    assert [each["namespace"] for each in rest["namespaces"]] == ["two"]
    associated = first["namespaces"][1]["resource_type_associations"]
    assert [each["name"] for each in associated] == ["T"]
    for query in ("?visibility=x", "?sort_key=x", "?marker=theirs", "?limit=-1", "?marker=%00"):
        await ask(rig, "GET", query, 400, "a")


@pytest.mark.parametrize(
    ("kind", "body", "shows"),
    [
        ("objects", {"name": "x", "description": "d"}, {"description": "d"}),
        ("properties", {"name": "x", "title": "X", "type": "string"}, {"title": "X"}),
    ],
)
async def test_definitions_are_made_changed_and_deleted(
    rig: Rig, kind: str, body: Json, shows: Json
) -> None:
    await create(rig)
    made = await ask(rig, "POST", f"/ns/{kind}", 201, json=body)
    assert made.items() >= shows.items()
    assert await ask(rig, "GET", f"/ns/{kind}/x", 200) == made
    await ask(rig, "POST", f"/ns/{kind}", 409, json=body)
    await ask(rig, "POST", f"/ns/{kind}", 201, json=body | {"name": "y"})
    await ask(rig, "PUT", f"/ns/{kind}/x", 409, json=body | {"name": "y"})
    renamed = await ask(rig, "PUT", f"/ns/{kind}/x", 200, json=body | {"name": "z"})
    assert renamed["name"] == "z"
    listed = (await ask(rig, "GET", f"/ns/{kind}", 200))[kind]
    names = set(listed) if kind == "properties" else {each["name"] for each in listed}
    assert names == {"y", "z"}
    await ask(rig, "DELETE", f"/ns/{kind}/z", 204)
    await ask(rig, "DELETE", f"/ns/{kind}/z", 404)
    await ask(rig, "GET", f"/ns/{kind}/z", 404)
    await ask(rig, "PUT", f"/ns/{kind}/z", 404, json=body)
    await ask(rig, "DELETE", f"/ns/{kind}", 204)
    assert not (await ask(rig, "GET", f"/ns/{kind}", 200))[kind]


async def test_tags_are_replaced_or_appended(rig: Rig) -> None:
    await create(rig)

    async def names() -> list[str]:
        return sorted(tag["name"] for tag in (await ask(rig, "GET", "/ns/tags", 200))["tags"])

    await ask(rig, "POST", "/ns/tags", 201, json={"tags": [{"name": "a"}, {"name": "b"}]})
    await ask(rig, "POST", "/ns/tags", 201, json={"tags": [{"name": "c"}]})
    assert await names() == ["c"]
    more: Json = {"json": {"tags": [{"name": "d"}]}, "headers": {"X-Openstack-Append": "True"}}
    await ask(rig, "POST", "/ns/tags", 201, **more)
    await ask(rig, "POST", "/ns/tags", 409, **more)
    await ask(rig, "POST", "/ns/tags/e", 201)
    await ask(rig, "POST", "/ns/tags/e", 409)
    await ask(rig, "POST", f"/ns/tags/{'x' * 81}", 400)
    assert (await ask(rig, "PUT", "/ns/tags/e", 200, json={"name": "f"}))["name"] == "f"
    assert (await ask(rig, "GET", "/ns/tags/f", 200))["name"] == "f"
    await ask(rig, "DELETE", "/ns/tags/f", 204)
    assert await names() == ["c", "d"]
    await ask(rig, "DELETE", "/ns/tags", 204)
    assert await names() == []


async def test_namespaces_are_for_types_of_resources(rig: Rig) -> None:
    await create(rig)
    types = (await rig.ask("GET", "/v2/metadefs/resource_types")).json()["resource_types"]
    assert "OS::Glance::Image" in [each["name"] for each in types]
    await ask(rig, "POST", "/ns/resource_types", 201, json={"name": "OS::My", "prefix": "my:"})
    await ask(rig, "POST", "/ns/resource_types", 409, json={"name": "OS::My"})
    associated = await ask(rig, "GET", "/ns/resource_types", 200)
    (only,) = associated["resource_type_associations"]
    assert (only["name"], only["prefix"]) == ("OS::My", "my:")
    types = (await rig.ask("GET", "/v2/metadefs/resource_types")).json()["resource_types"]
    assert {"OS::My", "OS::Nova::Server"} <= {each["name"] for each in types}
    await ask(rig, "DELETE", "/ns/resource_types/OS::My", 204)
    await ask(rig, "DELETE", "/ns/resource_types/OS::My", 404)


async def test_only_administrators_define(rig: Rig) -> None:
    await create(rig, "seen", visibility="public")
    await create(rig, "unseen")
    bodies: dict[str, Json] = {
        "objects": {"name": "x"},
        "properties": {"name": "x", "title": "X", "type": "string"},
        "tags": {"tags": []},
        "resource_types": {"name": "x"},
    }
    for name, status in (("seen", 403), ("unseen", 404)):
        for kind, body in bodies.items():
            await ask(rig, "POST", f"/{name}/{kind}", status, "a", json=body)
            await ask(rig, "DELETE", f"/{name}/{kind}/x", status, "a")
            assert (await rig.ask("GET", f"{BASE}/{name}/{kind}", "a")).status_code == (
                200 if name == "seen" else 404
            )
        await ask(rig, "PUT", f"/{name}", status, "a", json={"namespace": name})
        await ask(rig, "DELETE", f"/{name}", status, "a")
    await ask(rig, "POST", "", 403, "a", json={"namespace": "mine"})


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", {}, 400),
        ("", [], 400),
        ("", {"namespace": ""}, 400),
        ("", {"namespace": "x" * 81}, 400),
        ("", {"namespace": "x", "visibility": "shared"}, 400),
        ("", {"namespace": "x", "protected": "yes"}, 400),
        ("", {"namespace": "x", "unknown": 1}, 400),
        ("", {"namespace": "x", "self": "y"}, 403),
        ("", {"namespace": "x", "created_at": "y"}, 403),
        ("", {"namespace": "ns"}, 409),
        ("", {"namespace": "x", "tags": [{"name": "t"}, {"name": "t"}]}, 409),
        ("/ns/properties", {"name": "x", "type": "string"}, 400),
        ("/ns/properties", {"name": "x", "title": "X", "type": "text"}, 400),
        ("/ns/properties", {"name": "x", "title": "X", "type": "string", "minLength": -1}, 400),
        ("/ns/properties", {"name": "x", "title": "X", "type": "string", "maximum": 1e400}, 400),
        ("/ns/objects", {"properties": {}}, 400),
        ("/ns/objects", {"name": "x", "properties": {"p": {}}}, 400),
        ("/ns/tags", {"tags": ["x"]}, 400),
        ("/none/tags", {"tags": []}, 404),
    ],
)
async def test_definitions_are_checked(rig: Rig, path: str, body: Any, status: int) -> None:
    await create(rig)
    if isinstance(body, dict) and body.get("maximum"):
        raw = b'{"name":"x","title":"X","type":"string","maximum":1e400}'
        headers = {"Content-Type": "application/json"}
        await ask(rig, "POST", path, status, content=raw, headers=headers)
    else:
        await ask(rig, "POST", path, status, json=body)
    listed = await ask(rig, "GET", "", 200)
    assert [each["namespace"] for each in listed["namespaces"]] == ["ns"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("namespace", "namespace"),
        ("namespaces", "namespaces"),
        ("resource_type", "resource_type_association"),
        ("resource_types", "resource_type_associations"),
        ("object", "object"),
        ("objects", "objects"),
        ("property", "property"),
        ("properties", "properties"),
        ("tag", "tag"),
        ("tags", "tags"),
    ],
)
async def test_definitions_have_schemas(rig: Rig, path: str, name: str) -> None:
    answer = await rig.ask("GET", f"/v2/schemas/metadefs/{path}")
    assert (answer.status_code, answer.json()["name"]) == (200, name)
    jsonschema.Draft7Validator.check_schema(answer.json())
    if path == "namespace":
        jsonschema.validate(WHOLE, answer.json())


async def test_a_page_of_namespaces_takes_one_statement(rig: Rig) -> None:
    await create(rig)
    for path in ("", "/ns", "/ns/objects"):
        assert await rig.statements(partial(ask, rig, "GET", path, 200)) == 1
