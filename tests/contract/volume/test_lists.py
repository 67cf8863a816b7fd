"""Lists of volumes: filters, order, pages, and how many statements they take."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.volume.rig import OTHER, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def names(rig: Rig, query: str, who: str = "demo", at: str = "3.70") -> list[str]:
    return [each["name"] for each in (await rig.get(f"/volumes{query}", who, at))["volumes"]]


async def three(rig: Rig) -> list[dict[str, Any]]:
    return [
        await rig.make(name="a", size=3, metadata={"k": "v"}),
        await rig.make(name="b", size=1, description="tree", metadata={"k": "v", "l": "w"}),
        await rig.make(name="c", size=2, volume_type="native"),
    ]


async def test_a_brief_list_holds_id_name_and_links(rig: Rig) -> None:
    made = await rig.make(name="a")
    expected = {key: made[key] for key in ("id", "name", "links")}
    assert await rig.get("/volumes") == {"volumes": [expected]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "cba"),
        ("?name=b", "b"),
        ("?display_name=b", "b"),
        ("?status=available", "cba"),
        ("?status=error", ""),
        ("?size=2", "c"),
        ("?size=999999999999", ""),
        ("?availability_zone=nova", "cba"),
        ("?bootable=false", "cba"),
        ("?bootable=True", ""),
        ("?metadata=%7B%22k%22%3A%22v%22%7D", "ba"),
        ("?metadata=%7B%27l%27%3A%20%27w%27%7D", "b"),
        ("?metadata=%7Bu%27l%27%3A%20u%27w%27%7D", "b"),
        ("?glance_metadata=%7B%22k%22%3A%22v%22%7D", ""),
        ("?description~=re", "b"),
        ("?name~=%25", ""),
        ("?group_id=x", ""),
        ("?consumes_quota=true", "cba"),
        ("?consumes_quota=false", ""),
        ("?created_at=gt:2020-01-01T00:00:00", "cba"),
        ("?created_at=lt:2020-01-01T00:00:00", ""),
        ("?created_at=gt:2020-01-01T00:00:00,lt:2020-01-02T00:00:00%2B00:00", ""),
        ("?updated_at=2020-01-01", ""),
        ("?nonsense=1", "cba"),
        ("?all_tenants=1", "cba"),
        (f"?all_tenants=1&project_id={OTHER}", "cba"),
        ("?sort=name:asc", "abc"),
        ("?sort=size", "acb"),
        ("?sort=size:asc,name", "bca"),
        ("?sort=status:asc,size:desc,name:asc", "acb"),
        ("?sort_key=name&sort_dir=asc", "abc"),
        ("?sort=" + ",".join(["name:asc"] * 900), "abc"),
        ("?limit=2", "cb"),
        ("?limit=0", ""),
        ("?limit=999999999", "cba"),
        ("?offset=1", "ba"),
        ("?limit=1&offset=1&sort=name:asc", "b"),
    ],
)
async def test_a_query_finds_what_it_asks_for(rig: Rig, query: str, found: str) -> None:
    await three(rig)
    await rig.make("other", name="x", size=2)
    assert "".join(await names(rig, query)) == found


async def test_filters_are_left_out_before_their_version(rig: Rig) -> None:
    await three(rig)
    assert await names(rig, "?name~=zzz", at="3.33") == ["c", "b", "a"]
    assert await names(rig, "?bootable=junk", at="3.1") == ["c", "b", "a"]
    assert await names(rig, "?created_at=junk", at="3.59") == ["c", "b", "a"]


@pytest.mark.parametrize(
    "query",
    [
        "?bootable=junk", "?size=x", "?size=-1", "?size=1.5", "?metadata=x", "?metadata=[]",
        "?metadata=%7B%22k%22:%22%5Cu0000%22%7D", "?metadata=" + quote("[" * 2000),
        "?created_at=gt:yesterday", "?created_at=99999-01-01", "?consumes_quota=x",
        "?created_at=0001-01-01T00:00:00%2B23:59", "?volume_type_id=x",
        "?limit=-1", "?limit=x", "?limit=1e3", "?limit=99999999999999999999", "?limit=%C2%B2",
        "?offset=-1", "?offset=99999999999999999999", "?sort=nonsense", "?sort=name:up",
        "?sort=project_id", "?sort_key=id;drop", "?sort=name&sort_key=name", "?name=%00",
        "?%00=1", "?marker=%00", "?status=%00&all_tenants=1",
    ],
)  # fmt: skip
async def test_a_query_that_makes_no_sense_is_refused(rig: Rig, query: str) -> None:
    await rig.make()
    for path in ("/volumes", "/volumes/detail"):
        for who in ("demo", "admin"):
            answer = await rig.call("GET", f"{path}{query}", who=who, at="3.70")
            assert (answer.status, list(answer.body)) == (400, ["badRequest"]), answer.raw
            assert len(answer.fault) > 10


@pytest.mark.parametrize("order", ["", "sort=name:asc", "sort=status:asc,name:desc", "sort=size"])
@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_following_the_links_meets_every_volume_once(
    rig: Rig, order: str, limit: int
) -> None:
    for number in range(7):
        await rig.make(name=f"n{number % 3}", size=1 + number % 2)
    await rig.make("other")
    expected = [each["id"] for each in (await rig.get(f"/volumes?{order}"))["volumes"]]
    met: list[str] = []
    path: str | None = f"/volumes?{order}&limit={limit}&status=available"
    while path:
        page = await rig.get(path)
        met += [each["id"] for each in page["volumes"]]
        links = page.get("volumes_links", [])
        path = links[0]["href"].partition("/v3")[2] if links else None
        assert "status=available" in (path or "status=available")
    assert met == expected
    assert len(met) == 7


async def test_a_marker_takes_an_offset_too(rig: Rig) -> None:
    made = await three(rig)
    assert await names(rig, f"?marker={made[2]['id']}&offset=1") == ["a"]
    assert await names(rig, f"?marker={made[0]['id']}") == []


async def test_a_marker_one_may_not_see_is_no_marker(rig: Rig) -> None:
    theirs = (await rig.make("other"))["id"]
    gone = (await rig.make())["id"]
    await rig.call("DELETE", f"/volumes/{gone}")
    await rig.make()
    for marker in (theirs, gone, "5d8f0000-0000-4000-8000-00000000dead", "x"):
        answer = await rig.call("GET", f"/volumes?marker={marker}")
        assert (answer.status, answer.fault) == (404, f"Volume {marker} could not be found.")
    assert (await rig.call("GET", f"/volumes?marker={theirs}", who="admin")).status == 404
    everybody = await rig.get(
        f"/volumes?all_tenants=1&marker={theirs}&sort=created_at:asc", "admin"
    )
    assert len(everybody["volumes"]) == 1


async def test_the_count_is_of_all_pages_and_came_with_3_45(rig: Rig) -> None:
    await three(rig)
    shown = await rig.get("/volumes?limit=1&with_count=True")
    assert (len(shown["volumes"]), shown["count"]) == (1, 3)
    assert (await rig.get("/volumes/detail?size=1&with_count=1"))["count"] == 1
    assert "count" not in await rig.get("/volumes?with_count=True", at="3.44")


async def test_administrators_see_every_project_when_they_ask(rig: Rig) -> None:
    await rig.make(name="mine")
    await rig.make("other", name="theirs")
    assert await names(rig, "", "admin") == []
    assert await names(rig, "?all_tenants=True", "admin") == ["theirs", "mine"]
    assert await names(rig, f"?all_tenants=1&project_id={OTHER}", "admin") == ["theirs"]


async def test_links_keep_the_form_of_the_url(rig: Rig) -> None:
    made = await rig.make()
    answer = await rig.call("GET", f"/volumes/{made['id']}", root=f"/v3/{'d' * 32}")
    links = {link["rel"]: link["href"] for link in answer.body["volume"]["links"]}
    assert links["self"].endswith(f"/v3/{'d' * 32}/volumes/{made['id']}")
    assert links["bookmark"].endswith(f"/{'d' * 32}/volumes/{made['id']}")
    page = await rig.call("GET", "/volumes?limit=1", root=f"/v3/{'d' * 32}")
    assert f"/v3/{'d' * 32}/volumes?" in page.body["volumes_links"][0]["href"]


@pytest.mark.parametrize(
    ("path", "statements"),
    [
        ("/volumes", 1),
        ("/volumes/detail?limit=2", 1),
        ("/volumes/detail?marker={id}", 1),
        ("/volumes/{id}", 1),
        ("/volumes/{id}/metadata", 1),
        ("/volumes/summary", 1),
        ("/volumes?with_count=1", 2),
        ("/types", 1),
        ("/types/default", 1),
    ],
)
async def test_reading_takes_one_statement_however_many_there_are(
    rig: Rig, path: str, statements: int
) -> None:
    made = await three(rig)
    assert await rig.reads_of(path.format(id=made[0]["id"])) == statements
