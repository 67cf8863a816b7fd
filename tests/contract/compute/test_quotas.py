"""Limits: who sees them, in which shape, who sets them, and that they hold."""

from functools import partial
from typing import Any

from services.compute.domain.quota import DEFAULTS
from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import OTHER_PROJECT, Answer, Json, Rig, a_server

DEMO = "d" * 32
USER = "u" * 32
NETWORKS = {"fixed_ips", "floating_ips", "security_groups", "security_group_rules"}
FILES = {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"}


async def put(rig: Rig, body: Json, project: str = DEMO, query: str = "", **how: Any) -> Answer:
    sent = {"quota_set": body}
    return await rig.call(
        "PUT", f"/os-quota-sets/{project}{query}", sent, **({"who": "admin", "mv": "2.96"} | how)
    )


async def limits_of(rig: Rig, project: str = DEMO, query: str = "") -> Json:
    shown = await rig.get(f"/os-quota-sets/{project}{query}", who="admin", mv="2.96")
    found: Json = shown["quota_set"]
    return found


async def test_an_untold_project_has_the_defaults(bare: Rig) -> None:
    for path in (f"/os-quota-sets/{DEMO}", f"/os-quota-sets/{DEMO}/defaults"):
        assert await bare.get(path) == {"quota_set": {"id": DEMO, **DEFAULTS}}


async def test_later_microversions_know_of_fewer_limits(bare: Rig) -> None:
    gone = {"2.35": set[str](), "2.36": NETWORKS, "2.56": NETWORKS, "2.57": NETWORKS | FILES}
    for mv, absent in gone.items():
        for suffix in ("", "/defaults", "/detail"):
            shown = (await bare.get(f"/os-quota-sets/{DEMO}{suffix}", mv=mv))["quota_set"]
            assert set(DEFAULTS) - set(shown) == absent, (mv, suffix)


async def test_details_tell_what_is_in_use(rig: Rig) -> None:
    await rig.create()
    detailed = (await rig.get(f"/os-quota-sets/{DEMO}/detail", mv="2.57"))["quota_set"]
    assert detailed["instances"] == {"limit": 10, "in_use": 1, "reserved": 0}
    assert detailed["ram"] == {"limit": 51200, "in_use": 2048, "reserved": 0}
    assert detailed["cores"]["in_use"] == 1
    limits = (await rig.get("/limits", mv="2.57"))["limits"]["absolute"]
    assert (limits["totalInstancesUsed"], limits["totalRAMUsed"], limits["totalCoresUsed"]) == (
        1,
        2048,
        1,
    )


async def test_limits_by_microversion(bare: Rig) -> None:
    newest = {
        "maxTotalInstances": 10, "maxTotalCores": 20, "maxTotalRAMSize": 51200,
        "maxTotalKeypairs": 100, "maxServerMeta": 128, "maxServerGroups": 10,
        "maxServerGroupMembers": 10, "totalInstancesUsed": 0, "totalCoresUsed": 0,
        "totalRAMUsed": 0, "totalServerGroupsUsed": 0,
    }  # fmt: skip
    files = {"maxPersonality": 5, "maxPersonalitySize": 10240}
    images = {"maxImageMeta": 128}
    networks = {
        "maxTotalFloatingIps": 10, "totalFloatingIpsUsed": 0, "maxSecurityGroups": 10,
        "totalSecurityGroupsUsed": 0, "maxSecurityGroupRules": 20,
    }  # fmt: skip
    shapes = {
        "2.1": newest | files | images | networks,
        "2.36": newest | files | images,
        "2.39": newest | files,
        "2.57": newest,
        "2.96": newest,
    }
    for mv, absolute in shapes.items():
        assert await bare.get("/limits", mv=mv) == {"limits": {"rate": [], "absolute": absolute}}


async def test_only_administrators_see_limits_of_others(bare: Rig) -> None:
    await put(bare, {"cores": 7}, OTHER_PROJECT)
    refused = [
        ("GET", f"/limits?tenant_id={OTHER_PROJECT}", None),
        ("GET", f"/os-quota-sets/{OTHER_PROJECT}", None),
        ("GET", f"/os-quota-sets/{OTHER_PROJECT}/detail", None),
        ("PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {"cores": 1}}),
        ("DELETE", f"/os-quota-sets/{DEMO}", None),
        ("GET", "/os-quota-class-sets/default", None),
        ("PUT", "/os-quota-class-sets/default", {"quota_class_set": {"cores": 1}}),
    ]
    assert await answered_otherwise(bare, 403, refused) == []
    shown = await bare.get(f"/limits?tenant_id={OTHER_PROJECT}", who="admin")
    assert shown["limits"]["absolute"]["maxTotalCores"] == 7


async def test_limits_are_set_and_taken_back(bare: Rig) -> None:
    changed = await put(bare, {"cores": 123, "ram": "-1"})
    assert changed.status == 200
    assert (changed.body["quota_set"]["cores"], changed.body["quota_set"]["ram"]) == (123, -1)
    assert "id" not in changed.body["quota_set"]
    assert (await limits_of(bare))["cores"] == 123
    assert (await limits_of(bare, OTHER_PROJECT))["cores"] == 20
    gone = await bare.call("DELETE", f"/os-quota-sets/{DEMO}", who="admin")
    assert gone.status == 202
    assert (await limits_of(bare))["cores"] == 20


async def test_a_limit_below_what_is_in_use_must_be_forced(rig: Rig) -> None:
    await rig.create()
    refused = await put(rig, {"ram": 1024})
    assert refused.status == 400
    assert "already used and reserved 2048" in refused.body["badRequest"]["message"]
    assert (await limits_of(rig))["ram"] == 51200
    assert (await put(rig, {"ram": 1024, "force": "yes"})).status == 200
    assert (await put(rig, {"ram": -1})).status == 200


async def test_limits_hold_when_servers_are_made(rig: Rig) -> None:
    await put(rig, {"instances": 1})
    await rig.create()
    refused = await rig.call("POST", "/servers", a_server(), mv="2.96")
    assert refused.status == 403
    assert refused.body["forbidden"]["message"] == (
        "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances"
    )


async def test_a_users_own_limit_holds_beside_the_projects(rig: Rig) -> None:
    await put(rig, {"instances": 0}, query=f"?user_id={'v' * 32}")
    await rig.create()  # somebody else's limit is not ours
    await put(rig, {"instances": 1}, query=f"?user_id={USER}")
    refused = await rig.call("POST", "/servers", a_server(), mv="2.96")
    assert refused.status == 403
    assert "already used 1 of 1 instances" in refused.body["forbidden"]["message"]


async def test_a_user_may_be_given_less_than_the_project(bare: Rig) -> None:
    query = f"?user_id={USER}"
    assert (await put(bare, {"ram": 2048}, query=query)).status == 200
    assert (await limits_of(bare, query=query))["ram"] == 2048
    assert (await limits_of(bare))["ram"] == 51200
    assert (await put(bare, {"ram": 99_999}, query=query)).status == 400
    assert (await put(bare, {"ram": -1}, query=query)).status == 400
    await bare.call("DELETE", f"/os-quota-sets/{DEMO}{query}", who="admin")
    assert (await limits_of(bare, query=query))["ram"] == 51200


async def test_the_default_class_holds_for_whoever_was_told_nothing(bare: Rig) -> None:
    path = "/os-quota-class-sets/default"
    await put(bare, {"instances": 3}, OTHER_PROJECT)
    changed = await bare.call(
        "PUT", path, {"quota_class_set": {"instances": 5}}, who="admin", mv="2.57"
    )
    assert (changed.status, changed.body["quota_class_set"]["instances"]) == (200, 5)
    shown = (await bare.get(path, who="admin", mv="2.57"))["quota_class_set"]
    assert (shown["id"], shown["instances"]) == ("default", 5)
    assert (await limits_of(bare))["instances"] == 5
    assert (await limits_of(bare, OTHER_PROJECT))["instances"] == 3
    assert (await limits_of(bare, f"{OTHER_PROJECT}/defaults"))["instances"] == 5


async def test_classes_by_microversion(bare: Rig) -> None:
    groups = {"server_groups", "server_group_members"}
    absent = {"2.1": groups, "2.49": groups, "2.50": NETWORKS, "2.57": NETWORKS | FILES}
    for mv, gone in absent.items():
        shown = await bare.get("/os-quota-class-sets/default", who="admin", mv=mv)
        assert set(DEFAULTS) - set(shown["quota_class_set"]) == gone, mv


async def test_limits_that_make_no_sense_are_refused(bare: Rig) -> None:
    nonsense: list[Json] = [
        {"cores": -2}, {"cores": "many"}, {"cores": 1.5}, {"cores": None}, {"cores": True},
        {"cores": 2**31}, {"cores": 2**63 - 1}, {"cores": "9" * 5000}, {"colour": 1}, {"id": "x"},
        {"force": "perhaps", "cores": 1}, {"floating_ips": 1}, {"injected_files": 1}, {"cores": ""},
    ]  # fmt: skip
    sets = [("PUT", f"/os-quota-sets/{DEMO}", {"quota_set": each}) for each in nonsense]
    classes = [
        ("PUT", "/os-quota-class-sets/default", {"quota_class_set": each})
        for each in [*nonsense, {"force": True}]
    ]
    bodies: list[Any] = [{}, [], {"quota_set": None}, {"quota_set": {}, "x": 1}]
    others = [("PUT", f"/os-quota-sets/{DEMO}", each) for each in bodies]
    names = [("GET", f"/os-quota-sets/{name}", None) for name in ("%00", "x" * 65, "a%20b", "ü")]
    users = [("GET", f"/os-quota-sets/{DEMO}?user_id={each}", None) for each in ("%00", "x" * 256)]
    calls = [*sets, *classes, *others, *names, *users]
    assert await answered_otherwise(bare, 400, calls, who="admin", mv="2.96") == []
    assert await bare.sql("SELECT 1 FROM quotas UNION ALL SELECT 1 FROM quota_classes") == []


async def test_reading_limits_takes_one_statement(bare: Rig) -> None:
    for path in ("/limits", f"/os-quota-sets/{DEMO}", f"/os-quota-sets/{DEMO}/detail"):
        assert await bare.statements_of(partial(bare.get, path)) == 1


async def test_unknown_queries_are_refused_since_2_75(bare: Rig) -> None:
    calls = [("GET", f"{path}?colour=red", None) for path in ("/limits", f"/os-quota-sets/{DEMO}")]
    assert await answered_otherwise(bare, 200, calls, mv="2.74") == []
    assert await answered_otherwise(bare, 400, calls, mv="2.75") == []
