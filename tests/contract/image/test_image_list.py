"""Lists of images: who sees what, filters, order and pages."""

from typing import Any

import pytest

from tests.contract.image.rig import PROJECTS, Rig


async def test_an_empty_list_is_shown_exactly_so(rig: Rig) -> None:
    answer = await rig.ask("GET", "/v2/images")
    assert answer.json() == {
        "images": [],
        "first": "/v2/images",
        "schema": "/v2/schemas/images",
    }


async def test_a_list_has_the_newest_first_as_they_are_shown(rig: Rig) -> None:
    old, new = await rig.create(name="old"), await rig.create(name="new")
    answer = await rig.ask("GET", "/v2/images")
    assert answer.json()["images"] == [new, old]


async def test_everybody_sees_their_own_and_what_is_public(rig: Rig) -> None:
    for visibility in ("private", "shared", "community"):
        await rig.create("b", name=f"b-{visibility}", visibility=visibility)
        await rig.create("a", name=f"a-{visibility}", visibility=visibility)
    await rig.create("admin", name="public", visibility="public")
    assert await rig.listed() == ["public", "a-community", "a-shared", "a-private"]
    assert await rig.listed("?visibility=community") == ["a-community", "b-community"]
    assert await rig.listed("?visibility=private") == ["a-private"]
    assert await rig.listed("?visibility=public") == ["public"]
    assert set(await rig.listed("?visibility=all")) == {
        "public",
        "a-community",
        "b-community",
        "a-shared",
        "a-private",
    }
    assert len(await rig.listed(user="admin")) == 7
    assert len(await rig.listed(user="glance")) == 7
    assert await rig.listed(f"?owner={PROJECTS['b']}") == []
    assert len(await rig.listed(f"?owner={PROJECTS['b']}", "admin")) == 3


async def test_what_is_shared_is_listed_once_it_is_accepted(rig: Rig) -> None:
    image = await rig.create(name="lent")
    members = f"{image['self']}/members"
    assert (await rig.ask("GET", image["self"], "b")).status_code == 404
    await rig.ask("POST", members, json={"member": PROJECTS["b"]})
    assert (await rig.ask("GET", image["self"], "b")).status_code == 200
    assert await rig.listed(user="b") == []
    assert await rig.listed("?visibility=shared&member_status=pending", "b") == ["lent"]
    assert await rig.listed("?visibility=shared&member_status=all", "b") == ["lent"]
    for status, names in (("accepted", ["lent"]), ("rejected", [])):
        await rig.ask("PUT", f"{members}/{PROJECTS['b']}", "b", json={"status": status})
        assert await rig.listed(user="b") == names
    assert await rig.listed("?member_status=rejected", "b") == ["lent"]
    await rig.patch(image["id"], {"op": "replace", "path": "/visibility", "value": "private"})
    assert (await rig.ask("GET", image["self"], "b")).status_code == 404
    assert await rig.listed("?member_status=all", "b") == []


async def test_hidden_images_are_listed_when_they_are_asked_for(rig: Rig) -> None:
    await rig.create(name="plain")
    image = await rig.create(name="hidden", os_hidden=True)
    assert await rig.listed() == ["plain"]
    assert await rig.listed("?os_hidden=true") == ["hidden"]
    await rig.patch(image["id"], {"op": "replace", "path": "/os_hidden", "value": False})
    assert await rig.listed("?name=hidden") == ["hidden"]


@pytest.fixture
async def three(rig: Rig) -> list[dict[str, Any]]:
    """Three images that differ."""
    one = await rig.active(b"1" * 100, name="one", tags=["x", "y"], mine="1", min_ram=64)
    two = await rig.create(name="two, too", disk_format="qcow2", tags=["x"], min_disk=2)
    three = await rig.active(b"3" * 300, name="three", protected=True, container_format="ami")
    return [one, two, three]


FILTERS: dict[str, list[str]] = {
    "name=one": ["one"],
    "name=in:one,three": ["three", "one"],
    'name=in:one,"two, too"': ["two, too", "one"],
    "name=": [],
    "status=active": ["three", "one"],
    "status=in:queued,active": ["three", "two, too", "one"],
    "disk_format=qcow2": ["two, too"],
    "container_format=in:ami,ovf": ["three"],
    "tag=x": ["two, too", "one"],
    "tag=x&tag=y": ["one"],
    "size=100": ["one"],
    "size_min=101": ["three"],
    "size_max=299": ["one"],
    "size_min=9223372036854775807": [],
    "min_ram=64": ["one"],
    "min_disk=2": ["two, too"],
    "protected=true": ["three"],
    "protected=False": ["two, too", "one"],
    "mine=1": ["one"],
    "mine=1&name=one&status=active": ["one"],
    "mine=2": [],
    "created_at=gt:2020-01-01T00:00:00Z": ["three", "two, too", "one"],
    "created_at=lt:2020-01-01T00:00:00Z": [],
    "updated_at=gte:2020-01-01": ["three", "two, too", "one"],
    "updated_at=2020-01-01T00:00:00Z": [],
    "updated_at=neq:2020-01-01T00:00:00Z": ["three", "two, too", "one"],
    "id=nonsense": [],
    "sort_key=name&sort_dir=asc": ["one", "three", "two, too"],
    "sort=name:desc": ["two, too", "three", "one"],
    "sort=status:asc,name:desc": ["three", "one", "two, too"],
    "sort_key=size&sort_dir=desc": ["three", "one", "two, too"],
    "sort_key=container_format&sort_key=name&sort_dir=asc": ["three", "one", "two, too"],
    "limit=0": [],
    "limit=2": ["three", "two, too"],
}


async def test_a_list_has_what_was_asked_for_in_that_order(
    rig: Rig, three: list[dict[str, Any]]
) -> None:
    assert {query: await rig.listed(f"?{query}") for query in FILTERS} == FILTERS


async def test_images_are_found_by_id_and_by_checksum(
    rig: Rig, three: list[dict[str, Any]]
) -> None:
    one, two, _ = three
    assert await rig.listed(f"?id={one['id']}") == ["one"]
    assert await rig.listed(f"?id=in:{one['id']},{two['id']},x") == ["two, too", "one"]
    assert await rig.listed(f"?checksum={one['checksum']}") == ["one"]
    assert await rig.listed(f"?os_hash_value={one['os_hash_value']}") == ["one"]


NONSENSE = (
    "limit=x",
    "limit=-1",
    "marker=x",
    "marker=11111111-1111-1111-1111-111111111111",
    "sort_key=owner",
    "sort_dir=up&sort_key=name",
    "sort=name:asc&sort_key=name",
    "visibility=everybody",
    "member_status=maybe",
    "size_min=x",
    "size_min=-1",
    "size_max=9223372036854775808",
    "min_ram=1e3",
    "protected=perhaps",
    "os_hidden=2",
    "created_at=gt:yesterday",
    "created_at=",
    'name=in:one,"two',
    "name=a%00b",
)


async def test_a_query_that_makes_no_sense_is_refused(rig: Rig) -> None:
    answers = {query: await rig.ask("GET", f"/v2/images?{query}") for query in NONSENSE}
    assert {query: answer.status_code for query, answer in answers.items()} == dict.fromkeys(
        NONSENSE, 400
    )
    assert {answer.json()["code"] for answer in answers.values()} == {"400 Bad Request"}


ORDERS = ("", "sort=name:asc", "sort_key=size&sort_dir=asc", "sort=status:desc,name:asc")


async def test_pages_joined_are_the_whole_list(rig: Rig, three: list[dict[str, Any]]) -> None:
    for order in ORDERS:
        whole = await rig.listed(f"?{order}")
        assert len(whole) == len(three)
        assert await _page_by_page(rig, order) == whole, order


async def _page_by_page(rig: Rig, order: str) -> list[str]:
    seen: list[str] = []
    path: str | None = f"/v2/images?limit=1&{order}"
    while path:
        page = (await rig.ask("GET", path)).json()
        seen += [image["name"] for image in page["images"]]
        assert "marker" not in page["first"]
        path = page.get("next")
    return seen


async def test_a_list_does_not_go_on_after_what_one_cannot_see(rig: Rig) -> None:
    theirs = await rig.create("b", visibility="private")
    answer = await rig.ask("GET", f"/v2/images?marker={theirs['id']}")
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        f"No image found with ID {theirs['id']}<br /><br />\n\n\n",
    )


async def test_a_list_does_not_go_on_after_what_the_caller_does_not_see(rig: Rig) -> None:
    foreign = await rig.create("b", visibility="private")
    for at in range(3):
        await rig.create(name=f"mine-{at}")
    answer = await rig.ask("GET", f"/v2/images?marker={foreign['id']}&sort=created_at:asc")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"No image found with ID {foreign['id']}")
