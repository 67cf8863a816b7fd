"""Usage, extensions, migrations, and what is not here."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.compute.api.absent import ABSENT
from shared.testing.identity import DEMO_PROJECT
from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import OTHER_PROJECT, Rig

USAGE = "/os-simple-tenant-usage"
WEEK = "start=2026-01-01T00:00:00&end=2026-01-08T00:00:00"


async def ran(rig: Rig, launched: str, terminated: str | None = None, **fields: Any) -> str:
    """Have a server that ran from then to then."""
    server = await rig.active(**fields)
    await rig.sql(
        "UPDATE servers SET launched_at = $2::text::timestamptz,"
        " terminated_at = $3::text::timestamptz WHERE id = $1 RETURNING 1",
        UUID(server),
        launched,
        terminated,
    )
    return server


async def test_usage_is_what_ran_within_the_period(rig: Rig) -> None:
    server = await ran(rig, "2026-01-07T12:00:00Z", "2026-02-01T12:00:00Z", name="old")
    await ran(rig, "2026-02-01T12:00:00Z")
    usage = (await rig.get(f"{USAGE}/{DEMO_PROJECT}?{WEEK}"))["tenant_usage"]
    assert usage == {
        "tenant_id": DEMO_PROJECT,
        "start": "2026-01-01T00:00:00",
        "stop": "2026-01-08T00:00:00",
        "total_hours": 12.0,
        "total_vcpus_usage": 12.0,
        "total_memory_mb_usage": 12.0 * 2048,
        "total_local_gb_usage": 12.0 * 20,
        "server_usages": [
            {
                "instance_id": server,
                "name": "old",
                "tenant_id": DEMO_PROJECT,
                "flavor": "m1.small",
                "hours": 12.0,
                "vcpus": 1,
                "memory_mb": 2048,
                "local_gb": 20,
                "started_at": "2026-01-07T12:00:00",
                "ended_at": "2026-02-01T12:00:00",
                "state": "terminated",
                "uptime": 25 * 24 * 3600,
            }
        ],
    }


async def test_administrators_see_what_everybody_used(rig: Rig) -> None:
    await ran(rig, "2026-01-07T12:00:00Z")
    listed = (await rig.get(f"{USAGE}?{WEEK}", who="admin"))["tenant_usages"]
    assert [(each["tenant_id"], each["total_hours"]) for each in listed] == [(DEMO_PROJECT, 12.0)]
    assert "server_usages" not in listed[0]
    detailed = (await rig.get(f"{USAGE}?{WEEK}&detailed=1", who="admin"))["tenant_usages"]
    [server] = detailed[0]["server_usages"]
    assert (server["state"], server["ended_at"]) == ("active", None)


async def test_usage_is_paged_since_2_40(rig: Rig) -> None:
    servers = sorted([await ran(rig, "2026-01-07T12:00:00Z") for _ in range(2)])
    first = await rig.get(f"{USAGE}/{DEMO_PROJECT}?{WEEK}&limit=1", mv="2.40")
    assert [each["instance_id"] for each in first["tenant_usage"]["server_usages"]] == servers[:1]
    assert first["tenant_usage_links"][0]["href"].endswith(f"marker={servers[0]}")
    marked = f"{USAGE}/{DEMO_PROJECT}?{WEEK}&limit=1&marker={servers[0]}"
    second = await rig.get(marked, mv="2.40")
    assert [each["instance_id"] for each in second["tenant_usage"]["server_usages"]] == servers[1:]


async def test_nothing_used_is_an_empty_object(bare: Rig) -> None:
    assert await bare.get(f"{USAGE}/{DEMO_PROJECT}") == {"tenant_usage": {}}
    assert await bare.get(USAGE, who="admin") == {"tenant_usages": []}
    assert await bare.statements_of(lambda: bare.get(USAGE, who="admin")) == 1


async def test_usage_of_others_is_for_administrators(bare: Rig) -> None:
    calls = [("GET", USAGE, None), ("GET", f"{USAGE}/{OTHER_PROJECT}", None)]
    assert await answered_otherwise(bare, 403, calls) == []


async def test_periods_that_make_no_sense_are_refused(bare: Rig) -> None:
    queries = (
        "start=yesterday", "end=2026-01-01", "start=%00", "limit=-1", "marker=x", "colour=red",
        "start=2026-01-02T00:00:00&end=2026-01-01T00:00:00", f"marker={uuid4()}",
        "start=2026-01-01T00:00:00&end=2026-01-01T00:00:00", "start=2026-13-01T00:00:00",
    )  # fmt: skip
    calls = [("GET", f"{USAGE}/{DEMO_PROJECT}?{query}", None) for query in queries]
    assert await answered_otherwise(bare, 400, calls, mv="2.96") == []


async def test_extensions_are_listed_and_shown(bare: Rig) -> None:
    listed = (await bare.get("/extensions"))["extensions"]
    aliases = {each["alias"] for each in listed}
    assert {"os-keypairs", "os-server-groups", "os-quota-sets", "servers"} <= aliases
    for each in listed[:3]:
        assert await bare.get(f"/extensions/{each['alias']}") == {"extension": each}
    nowhere = [("GET", f"/extensions/{name}", None) for name in ("os-tea", "%00")]
    assert await answered_otherwise(bare, 404, nowhere) == []


async def test_no_migrations_are_made_so_none_are_listed(bare: Rig) -> None:
    assert await bare.get("/os-migrations", who="admin") == {"migrations": []}
    assert (await bare.call("GET", "/os-migrations")).status == 403
    strict = await bare.call("GET", "/os-migrations?colour=red", who="admin", mv="2.59")
    assert strict.status == 400


async def test_what_is_not_here_says_so_in_a_sentence(bare: Rig) -> None:
    for path, (_refusal, sentence) in ABSENT.items():
        for method, below in (("GET", ""), ("POST", ""), ("GET", "/x"), ("DELETE", "/x/y")):
            url = path.format(server_id=uuid4()) + below
            answer = await bare.call(method, url, mv="2.35")
            assert answer.status in {400, 404, 410, 501}, url
            [fault] = answer.body.values()
            assert fault == {"code": answer.status, "message": sentence}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/os-fixed-ips/1", 410), ("/os-volumes", 404), ("/os-assisted-volume-snapshots", 400)],
)
async def test_each_absence_has_its_code(bare: Rig, path: str, status: int) -> None:
    assert (await bare.call("GET", path)).status == status
