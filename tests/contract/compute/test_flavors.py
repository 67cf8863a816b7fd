"""Flavors as Nova has them: who sees them, in which shape, and what is refused."""

from typing import Any

from services.compute.store.flavor_reads import SORTABLE
from shared.testing.identity import DEMO_PROJECT
from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import Answer, Json, Rig

BASE = "http://compute.example:8774"
LEAST: Json = {"name": "tiny", "ram": 64, "vcpus": 1, "disk": 0}


def wanted(**fields: Any) -> Json:
    private = fields.pop("private", False)
    body = LEAST | fields
    return {"flavor": body | ({"os-flavor-access:is_public": False} if private else {})}


async def make(rig: Rig, **fields: Any) -> Json:
    answer = await rig.call("POST", "/flavors", wanted(**fields), who="admin", mv="2.96")
    assert answer.status == 200, answer.body
    made: Json = answer.body["flavor"]
    return made


async def give(rig: Rig, flavor: str, project: str, mv: str = "2.96") -> Answer:
    body = {"addTenantAccess": {"tenant": project}}
    return await rig.call("POST", f"/flavors/{flavor}/action", body, who="admin", mv=mv)


async def names(rig: Rig, query: str = "", **how: Any) -> list[str]:
    listed = (await rig.get(f"/flavors{query}", **how))["flavors"]
    return [flavor["name"] for flavor in listed]


async def test_a_flavor_shows_what_it_was_made_with(bare: Rig) -> None:
    made = await make(
        bare, id="42", name="m1.odd", ram=2048, vcpus="2", disk=10, swap=512, rxtx_factor="1.5",
        description="Odd.", **{"OS-FLV-EXT-DATA:ephemeral": 5},
    )  # fmt: skip
    assert made == {
        "id": "42",
        "name": "m1.odd",
        "description": "Odd.",
        "ram": 2048,
        "vcpus": 2,
        "disk": 10,
        "swap": 512,
        "rxtx_factor": 1.5,
        "OS-FLV-EXT-DATA:ephemeral": 5,
        "OS-FLV-DISABLED:disabled": False,
        "os-flavor-access:is_public": True,
        "extra_specs": {},
        "links": [
            {"rel": "self", "href": f"{BASE}/v2.1/flavors/42"},
            {"rel": "bookmark", "href": f"{BASE}/flavors/42"},
        ],
    }
    assert (await bare.get("/flavors/42", mv="2.96"))["flavor"] == made


async def test_what_a_flavor_shows_depends_on_the_microversion(bare: Rig) -> None:
    made = await make(bare)
    changes = {
        "2.1": ({"description", "extra_specs"}, ""),
        "2.54": ({"description", "extra_specs"}, ""),
        "2.55": ({"extra_specs"}, ""),
        "2.61": (set(), ""),
        "2.74": (set(), ""),
        "2.75": (set(), 0),
    }
    for mv, (absent, swap) in changes.items():
        shown = (await bare.get(f"/flavors/{made['id']}", mv=mv))["flavor"]
        assert (set(made) - set(shown), shown["swap"]) == (absent, swap), mv
        assert (await bare.get("/flavors/detail", mv=mv))["flavors"] == [shown]


async def test_without_an_id_a_flavor_gets_one(bare: Rig) -> None:
    for ident in (None, "auto"):
        made = await make(bare, id=ident, name=f"named-{ident}")
        assert len(made["id"]) == 36


async def test_a_brief_list_describes_flavors_since_2_55(bare: Rig) -> None:
    await make(bare, description="Words.")
    old, new = [(await bare.get("/flavors", mv=mv))["flavors"][0] for mv in ("2.54", "2.55")]
    assert set(old) == {"id", "name", "links"}
    assert set(new) == {"id", "name", "links", "description"}


async def test_a_url_with_the_project_keeps_it_in_links(bare: Rig) -> None:
    await make(bare, id="1")
    shown = await bare.get(f"/{DEMO_PROJECT}/flavors/1")
    assert [link["href"] for link in shown["flavor"]["links"]] == [
        f"{BASE}/v2.1/{DEMO_PROJECT}/flavors/1",
        f"{BASE}/{DEMO_PROJECT}/flavors/1",
    ]


async def test_private_flavors_are_for_those_who_were_given_them(bare: Rig) -> None:
    await make(bare, id="pub", name="public")
    await make(bare, id="priv", name="private", private=True)
    assert (await bare.call("GET", "/flavors/priv")).status == 404
    assert (await bare.call("GET", "/flavors/priv/os-extra_specs")).status == 404
    assert await names(bare) == ["public"]
    assert await names(bare, "?is_public=None") == ["public"]  # members are not heard
    await give(bare, "priv", DEMO_PROJECT)
    assert (await bare.call("GET", "/flavors/priv")).status == 200
    assert await names(bare) == ["private", "public"]
    assert await names(bare, who="other") == ["public"]


async def test_administrators_choose_which_flavors_to_list(bare: Rig) -> None:
    await make(bare, id="pub", name="public")
    await make(bare, id="priv", name="private", private=True)
    listed = {
        query: await names(bare, query, who="admin")
        for query in ("", "?is_public=None", "?is_public=true", "?is_public=0")
    }
    assert listed == {
        "": ["public"],
        "?is_public=None": ["private", "public"],
        "?is_public=true": ["public"],
        "?is_public=0": ["private"],
    }
    refused = await bare.call("GET", "/flavors?is_public=maybe", who="admin")
    assert refused.status == 400


async def test_lists_are_filtered_sorted_and_paged(bare: Rig) -> None:
    for number in (1, 2, 3):
        await make(bare, id=f"f{number}", name=f"n{4 - number}", ram=number * 100, disk=number)
    assert await names(bare, "?minRam=200") == ["n2", "n1"]
    assert await names(bare, "?minDisk=3") == ["n1"]
    assert await names(bare, f"?minRam={10**30}") == []
    assert await names(bare, "?sort_key=name") == ["n1", "n2", "n3"]
    assert await names(bare, "?sort_key=memory_mb&sort_dir=desc") == ["n1", "n2", "n3"]
    first = await bare.get("/flavors?limit=2&minRam=1")
    assert [flavor["id"] for flavor in first["flavors"]] == ["f1", "f2"]
    [link] = first["flavors_links"]
    assert link["rel"] == "next"
    second = await bare.get(link["href"].removeprefix(f"{BASE}/v2.1"))
    assert [flavor["id"] for flavor in second["flavors"]] == ["f3"]
    assert "flavors_links" not in second
    assert await names(bare, "?limit=0") == []


async def test_pages_are_whole_whatever_they_are_sorted_by(bare: Rig) -> None:
    for ident in ("a", "b", "c"):
        await make(bare, id=ident, name=ident)
    for key in SORTABLE:
        for direction in ("asc", "desc"):
            seen, marker = [], ""
            for _page in range(3):
                query = f"?sort_key={key}&sort_dir={direction}&limit=1{marker}"
                [flavor] = (await bare.get(f"/flavors{query}"))["flavors"]
                seen.append(flavor["id"])
                marker = f"&marker={flavor['id']}"
            assert sorted(seen) == ["a", "b", "c"], key


async def test_queries_that_make_no_sense_are_refused(bare: Rig) -> None:
    queries = (
        "limit=-1", "limit=x", "marker=nothing", "sort_key=password", "sort_dir=up&sort_key=name",
        "minRam=much", "minDisk=1.5", "marker=%00", f"minRam={'9' * 5000}",
    )  # fmt: skip
    calls = [("GET", f"/flavors?{query}", None) for query in queries]
    assert await answered_otherwise(bare, 400, calls) == []


async def test_unknown_queries_are_refused_since_2_75(bare: Rig) -> None:
    assert (await bare.call("GET", "/flavors?colour=red", mv="2.74")).status == 200
    assert (await bare.call("GET", "/flavors?colour=red", mv="2.75")).status == 400


async def test_ids_and_names_are_taken_once(bare: Rig) -> None:
    await make(bare, id="1", name="one")
    again = await bare.call("POST", "/flavors", wanted(id="1", name="two"), who="admin")
    assert again.body == {
        "conflictingRequest": {"code": 409, "message": "Flavor with ID 1 already exists."}
    }
    named = await bare.call("POST", "/flavors", wanted(id="2", name="one"), who="admin")
    assert named.status == 409
    assert named.body["conflictingRequest"]["message"] == "Flavor with name one already exists."


NONSENSE: Json = {
    "name": ["", " x", "x" * 256, "x" * 10_000, 7, "a\u0000b", "a\u0007b", None, [], {}],
    "ram": [0, -1, "much", 1.5, True, 2**31, 2**63, "9" * 5000, None, ""],
    "vcpus": [0, None, -(2**63)],
    "disk": [-1, "1e3", "\u0661", None],
    "swap": [-1, 2**31],
    "rxtx_factor": [0, "fast", 1e39, -1, True],
    "id": ["", "a/b", " a", "a ", "x" * 256, 5.5, "ü"],
    "os-flavor-access:is_public": ["maybe", 1, None],
    "OS-FLV-EXT-DATA:ephemeral": [-1],
    "description": ["x" * 65536, 5, "a\u0001"],
    "colour": ["red"],
    "extra_specs": [{}],
}


async def test_flavors_that_make_no_sense_are_refused(bare: Rig) -> None:
    calls = [
        ("POST", "/flavors", {"flavor": LEAST | {name: value}})
        for name, values in NONSENSE.items()
        for value in values
    ]
    bodies: list[Any] = [{}, [], "x", 5, {"flavor": None}, LEAST]
    others = [("POST", "/flavors", each) for each in bodies]
    wrong = await answered_otherwise(bare, 400, [*calls, *others], who="admin", mv="2.96")
    assert wrong == []
    assert await bare.sql("SELECT 1 FROM flavors") == []


async def test_a_flavor_needs_its_sizes_and_a_name(bare: Rig) -> None:
    for missing in LEAST:
        body = {"flavor": {name: value for name, value in LEAST.items() if name != missing}}
        answer = await bare.call("POST", "/flavors", body, who="admin")
        assert answer.status == 400
        assert f"'{missing}' is a required property" in answer.body["badRequest"]["message"]


async def test_a_description_is_unknown_before_2_55(bare: Rig) -> None:
    body = wanted(description="x")
    assert (await bare.call("POST", "/flavors", body, who="admin", mv="2.54")).status == 400
    await make(bare, id="1")
    change = {"flavor": {"description": "y"}}
    assert (await bare.call("PUT", "/flavors/1", change, who="admin", mv="2.54")).status == 404


async def test_only_the_description_changes(bare: Rig) -> None:
    await make(bare, id="1", description="old")
    change = {"flavor": {"description": None}}
    answer = await bare.call("PUT", "/flavors/1", change, who="admin", mv="2.96")
    assert (answer.status, answer.body["flavor"]["description"]) == (200, None)
    more = {"flavor": {"description": "x", "ram": 1}}
    assert (await bare.call("PUT", "/flavors/1", more, who="admin", mv="2.96")).status == 400
    assert (await bare.call("PUT", "/flavors/2", change, who="admin", mv="2.96")).status == 404


async def test_a_deleted_flavor_is_gone_and_may_be_made_again(bare: Rig) -> None:
    await make(bare, id="1")
    assert (await bare.call("DELETE", "/flavors/1", who="admin")).status == 202
    assert (await bare.call("GET", "/flavors/1")).status == 404
    assert (await bare.call("DELETE", "/flavors/1", who="admin")).status == 404
    await make(bare, id="1")
    told = await bare.published("compute.flavor")
    assert [fact["verb"] for fact in told] == ["created", "deleted", "created"]
    versions = [fact["version"] for fact in told]
    assert versions == sorted(set(versions))  # the last is the newest


async def test_members_change_no_flavors(bare: Rig) -> None:
    calls = [
        ("POST", "/flavors", wanted()),
        ("PUT", "/flavors/1", {"flavor": {"description": "x"}}),
        ("DELETE", "/flavors/1", None),
        ("POST", "/flavors/1/os-extra_specs", {"extra_specs": {"a": "b"}}),
        ("PUT", "/flavors/1/os-extra_specs/a", {"a": "b"}),
        ("DELETE", "/flavors/1/os-extra_specs/a", None),
        ("GET", "/flavors/1/os-flavor-access", None),
        ("POST", "/flavors/1/action", {"addTenantAccess": {"tenant": "t"}}),
        ("POST", "/flavors/1/action", {"removeTenantAccess": {"tenant": "t"}}),
    ]
    assert await answered_otherwise(bare, 403, calls, mv="2.96") == []
    refused = await bare.call("DELETE", "/flavors/1")
    assert refused.body["forbidden"]["message"] == (
        "Policy doesn't allow os_compute_api:os-flavor-manage:delete to be performed."
    )


async def test_a_show_and_a_list_take_one_statement_each(bare: Rig) -> None:
    for number in range(3):
        await make(bare, id=str(number), name=str(number))
    assert await bare.statements_of(lambda: bare.get("/flavors/1", mv="2.96")) == 1
    assert await bare.statements_of(lambda: bare.get("/flavors/detail", mv="2.96")) == 1


async def test_ids_that_name_nothing_are_not_found(bare: Rig) -> None:
    idents = ("nothing", "%00", "x" * 3000, "%F0%9F%92%A9", "..%2f1", "%ff")
    shows = [("GET", f"/flavors/{ident}", None) for ident in idents]
    deletes = [("DELETE", f"/flavors/{ident}", None) for ident in idents]
    assert await answered_otherwise(bare, 404, [*shows, *deletes], who="admin") == []
