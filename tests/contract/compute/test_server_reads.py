"""Lists, shows, filters, pages."""

from functools import partial
from typing import Any, Final

from shared.testing.identity import DEMO_PROJECT
from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import Rig, fresh_id

DETAIL = "/servers/detail"


async def names(rig: Rig, query: str = "", **how: Any) -> list[str]:
    """Return names of the servers a query finds, in order."""
    found = await rig.get(f"{DETAIL}{query}", **({"mv": "2.96"} | how))
    return [each["name"] for each in found["servers"]]


async def test_a_list_is_one_statement_however_long(rig: Rig) -> None:
    for number in range(3):
        await rig.create(name=f"s{number}")
    for mv in ("2.1", "2.26", "2.96"):
        assert await rig.statements_of(partial(rig.get, DETAIL, mv=mv)) == 1
    assert await rig.statements_of(partial(rig.get, "/servers")) == 1


async def test_a_show_is_one_statement(rig: Rig) -> None:
    ident = await rig.create()
    for mv in ("2.1", "2.26", "2.96"):
        assert await rig.statements_of(partial(rig.show, ident, mv=mv)) == 1


async def test_details_show_what_shows_show(rig: Rig) -> None:
    ident = await rig.active(metadata={"a": "b"}, tags=["t"])
    for mv in ("2.1", "2.26", "2.47", "2.71", "2.96"):
        (listed,) = (await rig.get(DETAIL, mv=mv))["servers"]
        shown = await rig.show(ident, mv=mv)
        shown.pop("server_groups", None)
        assert listed == shown


async def test_no_fault_is_none_however_it_was_written_down(rig: Rig) -> None:
    ident = await rig.active()
    assert await rig.sql("SELECT 1 FROM servers WHERE fault IS NULL")
    # Rows of old hold JSON's.
    for write in ("UPDATE servers SET fault = NULL", "UPDATE servers SET fault = 'null'"):
        await rig.sql(write)
        for mv in ("2.1", "2.50", "2.96"):
            (listed,) = (await rig.get(DETAIL, mv=mv))["servers"]
            assert "fault" not in listed
            assert "fault" not in await rig.show(ident, mv=mv)


async def test_administrators_see_where_a_server_is(rig: Rig) -> None:
    ident = await rig.active()
    for mv in ("2.1", "2.3", "2.96"):
        shown = await rig.show(ident, who="admin", mv=mv)
        assert shown["OS-EXT-SRV-ATTR:host"] == "node1.athens"
        assert shown["OS-EXT-SRV-ATTR:instance_name"] == f"cyc-{ident}"
    assert not any("EXT-SRV-ATTR:host" in key for key in await rig.show(ident, mv="2.1"))


async def test_links_keep_the_project_of_the_url(rig: Rig) -> None:
    ident = await rig.create()
    found = await rig.get(f"/{DEMO_PROJECT}/servers/{ident}")
    href = found["server"]["links"][0]["href"]
    assert href == f"http://compute.example:8774/v2.1/{DEMO_PROJECT}/servers/{ident}"


async def test_pages_follow_each_other_and_end(rig: Rig) -> None:
    for number in range(5):
        await rig.create(name=f"s{number}")
    seen, query = [], "?limit=2"
    for _page in range(3):
        found = await rig.get(f"/servers{query}")
        seen += [each["name"] for each in found["servers"]]
        links = found.get("servers_links")
        query = links[0]["href"].partition("/servers")[2] if links else ""
    assert seen == ["s4", "s3", "s2", "s1", "s0"]
    assert query == ""


async def test_pages_of_any_order_lose_nothing(rig: Rig) -> None:
    for number in range(4):
        await rig.create(name=f"s{number}", availability_zone="az-athens" if number % 2 else None)
    whole = "?sort_key=availability_zone&sort_dir=asc&sort_key=display_name&sort_dir=desc"
    wanted = await names(rig, whole)
    found: list[str] = []
    marker = ""
    while True:
        page = (await rig.get(f"{DETAIL}{whole}&limit=1{marker}"))["servers"]
        if not page:
            break
        found.append(page[0]["name"])
        marker = f"&marker={page[0]['id']}"
    assert found == wanted
    assert len(found) == 4


async def test_a_limit_of_nothing_is_an_empty_page(rig: Rig) -> None:
    await rig.create()
    assert (await rig.get("/servers?limit=0"))["servers"] == []


BAD_QUERIES: Final = [
        "limit=-1", "limit=x", "marker=x", f"marker={fresh_id()}", "sort_key=nope",
        "sort_dir=up&sort_key=name", "name=[", "changes-since=never", "status=nope",
        "unknown=1", "all_tenants=perhaps", "name=a%00b", "ip=(", "locked=perhaps",
    ]  # fmt: skip


async def test_bad_queries_are_refused_with_400(rig: Rig) -> None:
    calls = [
        ("GET", f"{url}?{query}", None) for query in BAD_QUERIES for url in ("/servers", DETAIL)
    ]
    assert await answered_otherwise(rig, 400, calls, mv="2.96") == []


async def test_older_clients_get_away_with_unknown_queries(rig: Rig) -> None:
    await rig.create()
    assert len((await rig.get("/servers?unknown=1", mv="2.74"))["servers"]) == 1
    assert (await rig.get("/servers?status=nope", mv="2.37"))["servers"] == []


FILTERS: Final = [
        ("name=we", True), ("name=^b$", False), ("status=active", True), ("status=BUILD", False),
        ("status=BUILD&status=ACTIVE", True), ("flavor=1", True), ("flavor=2", False),
        ("image=70a50000-0000-4000-8000-000000000001", True), ("ip=10.0.0", True),
        ("ip=^192", False), ("ip6=fd00", False), ("tags=a", True), ("tags=a,b", True),
        ("tags=a,c", False), ("tags-any=c,a", True), ("tags-any=c", False), ("not-tags=a,b", False),
        ("not-tags=a,c", True), ("not-tags-any=c", True), ("not-tags-any=a,c", False),
        ("key_name=k", False), ("vm_state=active", True), ("power_state=1", True),
        ("power_state=running", True), ("power_state=4", False),
        ("availability_zone=az-athens", True), ("config_drive=false", True), ("locked=true", False),
        ("locked=false", True), ("reservation_id=r-none", False), ("task_state=spawning", False),
        ("changes-since=2020-01-01T00:00:00Z", True), ("changes-since=2090-01-01T00:00:00", False),
        ("changes-before=2090-01-01T00:00:00Z", True), ("launched_at=2090-01-01T00:00:00", False),
    ]  # fmt: skip


async def test_filters_find_what_they_should(rig: Rig) -> None:
    await rig.active(tags=["a", "b"])
    wrong = [query for query, found in FILTERS if await names(rig, f"?{query}") != ["web"] * found]
    assert wrong == []


async def test_filters_of_administrators_are_dropped_for_others(rig: Rig) -> None:
    await rig.active()
    assert await names(rig, "?host=elsewhere") == ["web"]
    assert await names(rig, "?host=elsewhere&all_tenants=1", who="admin") == []
    assert await names(rig, "?host=node1.athens&all_tenants=1", who="admin") == ["web"]


async def test_nobody_sees_anothers_servers(rig: Rig) -> None:
    ident = await rig.create()
    assert await names(rig, who="other") == []
    assert await names(rig, f"?project_id={DEMO_PROJECT}", who="other") == []
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"server": {"name": "x"}}),
        ("DELETE", "", None),
        ("POST", "/action", {"os-stop": None}),
        ("GET", "/metadata", None),
        ("GET", "/ips", None),
        ("GET", "/os-interface", None),
        ("GET", "/os-instance-actions", None),
        ("POST", "/metadata", {"metadata": {"a": "b"}}),
    ):
        answer = await rig.call(method, f"/servers/{ident}{path}", body, who="other")
        assert answer.status == 404, (method, path)
        unknown = fresh_id()
        nobody = await rig.call(method, f"/servers/{unknown}{path}", body, who="other")
        assert nobody.status == 404
        assert str(nobody.body).replace(unknown, ident) == str(answer.body)


async def test_all_tenants_is_for_administrators(rig: Rig) -> None:
    await rig.create()
    assert (await rig.call("GET", "/servers?all_tenants=1")).status == 403
    assert await names(rig, "?all_tenants=1", who="admin") == ["web"]
    assert await names(rig, who="admin") == []
    theirs = f"?all_tenants=1&project_id={DEMO_PROJECT}"
    assert await names(rig, theirs, who="admin") == ["web"]


async def test_deleted_servers_are_shown_to_those_who_ask_for_changes(rig: Rig) -> None:
    ident = await rig.active()
    await rig.call("DELETE", f"/servers/{ident}")
    await rig.run_sagas()
    await rig.end_jobs()
    assert await names(rig) == []
    (gone,) = (await rig.get(f"{DETAIL}?changes-since=2020-01-01T00:00:00Z"))["servers"]
    assert gone["status"] == "DELETED"
    assert gone["OS-SRV-USG:terminated_at"] is not None
    assert await names(rig, "?deleted=true&all_tenants=1", who="admin") == ["web"]
    assert (await rig.call("GET", "/servers?status=DELETED")).status == 403


async def test_what_is_no_server_is_not_found(rig: Rig) -> None:
    idents = ["x", "...", "1" * 40, fresh_id(), "%00", "NAME", "{}", "é"]
    calls = [("GET", f"/servers/{ident}", None) for ident in idents]
    assert await answered_otherwise(rig, 404, calls) == []


async def test_administrators_read_the_user_data_of_a_server(rig: Rig) -> None:
    told = "I2Nsb3VkLWNvbmZpZw=="
    ident = await rig.active(user_data=told, metadata={"a": '"OS-EXT-SRV-ATTR:user_data":null'})
    name = "OS-EXT-SRV-ATTR:user_data"
    for mv in ("2.3", "2.50", "2.96"):
        shown = await rig.show(ident, who="admin", mv=mv)
        assert shown[name] == told, mv
        assert shown["metadata"] == {"a": '"OS-EXT-SRV-ATTR:user_data":null'}
        assert name not in await rig.show(ident, mv=mv)
    assert name not in await rig.show(ident, who="admin", mv="2.2")
    plain = await rig.active()
    assert (await rig.show(plain, who="admin"))[name] is None
    renamed = {"server": {"name": "new"}}
    changed = await rig.call("PUT", f"/servers/{ident}", renamed, who="admin", mv="2.75")
    assert changed.body["server"][name] == told
