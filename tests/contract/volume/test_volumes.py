"""Volumes, as clients see them at each version."""

from uuid import uuid4

import pytest

from tests.integration.volume.rig import OWN, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWNER = "os-vol-tenant-attr:tenant_id"  # of an extension: not in the answer to a change
AT_FIRST = {
    "id", "name", "description", "status", "size", "availability_zone", "created_at", "updated_at",
    "volume_type", "snapshot_id", "source_volid", "metadata", "links", "user_id", "bootable",
    "encrypted", "replication_status", "consistencygroup_id", "multiattach", "attachments",
    "os-vol-tenant-attr:tenant_id",
}  # fmt: skip
FOR_ADMINS = {
    "os-vol-host-attr:host", "os-vol-mig-status-attr:migstat", "os-vol-mig-status-attr:name_id",
    "migration_status",
}  # fmt: skip
CAME_LATER = [
    ("3.0", set(), set()),
    ("3.12", set(), set()),
    ("3.13", {"group_id"}, set()),
    ("3.47", {"group_id"}, {"provider_id"}),
    ("3.48", {"group_id", "shared_targets", "service_uuid"}, {"provider_id"}),
    (
        "3.65",
        {"group_id", "shared_targets", "service_uuid", "volume_type_id", "encryption_key_id",
         "consumes_quota"},
        {"provider_id", "cluster_name"},
    ),
    (
        "3.70",
        {"group_id", "shared_targets", "service_uuid", "volume_type_id", "encryption_key_id",
         "consumes_quota"},
        {"provider_id", "cluster_name"},
    ),
]  # fmt: skip
UNKNOWN = "5d8f0000-0000-4000-8000-00000000dead"


@pytest.mark.parametrize(("at", "later", "for_admins"), CAME_LATER)
async def test_a_volume_has_the_keys_of_its_version_and_no_others(
    rig: Rig, at: str, later: set[str], for_admins: set[str]
) -> None:
    made = await rig.make(at=at)
    assert set(made) == (AT_FIRST | later) - {OWNER}
    path = f"/volumes/{made['id']}"
    whole = made | {OWNER: OWN}
    assert (await rig.get(path, at=at))["volume"] == whole
    assert (await rig.get("/volumes/detail", at=at))["volumes"] == [whole]
    seen = (await rig.get(path, "admin", at))["volume"]
    assert set(seen) == AT_FIRST | later | FOR_ADMINS | for_admins


async def test_a_new_volume_says_what_was_asked_for(rig: Rig) -> None:
    made = await rig.make(
        name=" data ", description="mine", size="3", metadata={"k": "v"}, volume_type="native"
    )
    zone = made.pop("availability_zone")
    created = made.pop("created_at")
    assert (zone, len(created), made["links"][0]["href"][-36:]) == ("nova", 26, made["id"])
    assert {key: made[key] for key in ("name", "description", "size", "metadata")} == {
        "name": "data",
        "description": "mine",
        "size": 3,
        "metadata": {"k": "v"},
    }
    assert made["status"] == "available"
    assert made["volume_type"] == "native"
    assert (made["bootable"], made["encrypted"], made["attachments"]) == ("false", False, [])
    assert made["updated_at"] is None


async def test_the_old_names_of_name_and_description_still_do(rig: Rig) -> None:
    made = await rig.make(at="3.0", display_name="old", display_description="older")
    assert (made["name"], made["description"]) == ("old", "older")
    body = {"volume": {"display_name": "new"}}
    changed = (await rig.call("PUT", f"/volumes/{made['id']}", body)).body["volume"]
    assert (changed["name"], changed["description"]) == ("new", "older")


async def test_keys_nobody_knows_are_left_out_before_3_53_and_refused_since(rig: Rig) -> None:
    made = await rig.make(at="3.52", shape="round", source_replica="x")
    assert "shape" not in made
    body = {"volume": {"size": 1, "shape": "round"}}
    answer = await rig.call("POST", "/volumes", body, at="3.53")
    assert (answer.status, answer.fault) == (
        400,
        "Additional properties are not allowed ('shape' was unexpected)",
    )
    outside = await rig.call("POST", "/volumes", {"volume": {"size": 1}, "shape": 1}, at="3.0")
    assert outside.status == 400


async def test_a_group_is_unknown_before_3_13_and_looked_for_since(rig: Rig) -> None:
    await rig.make(at="3.12", group_id=str(uuid4()))
    group = str(uuid4())
    body = {"volume": {"size": 1, "group_id": group}}
    answer = await rig.call("POST", "/volumes", body, at="3.13")
    assert (answer.status, answer.fault) == (404, f"Group {group} could not be found.")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("imageRef", "Invalid image identifier"),
        ("backup_id", "backup"),
        ("consistencygroup_id", "Consistency groups"),
    ],
)
async def test_what_cannot_be_a_source_is_refused_with_a_sentence(
    rig: Rig, field: str, words: str
) -> None:
    body = {"volume": {"size": 1, field: str(uuid4())}}
    answer = await rig.call("POST", "/volumes", body, at="3.70")
    assert answer.status == 400
    assert words in answer.fault
    assert (await rig.get("/volumes"))["volumes"] == []


async def test_a_volume_is_in_the_one_zone_or_in_none(rig: Rig) -> None:
    assert (await rig.make(availability_zone="nova"))["availability_zone"] == "nova"
    body = {"volume": {"size": 1, "availability_zone": "mars"}}
    answer = await rig.call("POST", "/volumes", body)
    assert answer.fault == "Invalid input received: Availability zone 'mars' is invalid."


async def test_naming_a_volume_changes_what_was_said_and_nothing_else(rig: Rig) -> None:
    made = await rig.make(name="a", description="b", metadata={"k": "v"})
    path = f"/volumes/{made['id']}"
    renamed = (await rig.call("PUT", path, {"volume": {"name": "c"}}, at="3.70")).body["volume"]
    assert renamed | {"name": "a", "updated_at": None} == made
    assert renamed["name"] == "c"
    assert renamed["updated_at"] is not None
    emptied = (await rig.call("PUT", path, {"volume": {"description": None}})).body["volume"]
    assert (emptied["name"], emptied["description"]) == ("c", None)
    others = (await rig.call("PUT", path, {"volume": {"metadata": {"l": "w"}}})).body["volume"]
    assert others["metadata"] == {"l": "w"}


async def test_an_empty_change_is_refused_since_3_53(rig: Rig) -> None:
    made = await rig.make()
    path = f"/volumes/{made['id']}"
    assert (await rig.call("PUT", path, {"volume": {}}, at="3.52")).status == 200
    assert (await rig.call("PUT", path, {"volume": {}}, at="3.53")).status == 400


async def test_a_deleted_volume_is_gone(rig: Rig) -> None:
    made = await rig.make()
    path = f"/volumes/{made['id']}"
    answer = await rig.call("DELETE", path)
    assert (answer.status, answer.raw) == (202, b"")
    for method, body in (("GET", None), ("DELETE", None), ("PUT", {"volume": {"name": "x"}})):
        answer = await rig.call(method, path, body)
        assert (answer.status, answer.fault) == (404, f"Volume {made['id']} could not be found.")
    assert (await rig.get("/volumes"))["volumes"] == []


@pytest.mark.parametrize("status", ["creating", "deleting", "in-use", "attaching", "maintenance"])
async def test_a_busy_volume_is_deleted_by_force_only(rig: Rig, status: str) -> None:
    made = await rig.make()
    reset = {"status": status}
    assert (await rig.act(made["id"], "os-reset_status", reset, who="admin")).status == 202
    path = f"/volumes/{made['id']}"
    refused = await rig.call("DELETE", path)
    assert refused.status == 400
    assert refused.fault.startswith("Invalid volume: Volume status must be available or error")
    assert (await rig.call("DELETE", f"{path}?force=true", at="3.23")).status == 403
    assert (await rig.call("DELETE", f"{path}?force=true", who="admin", at="3.22")).status == 400
    assert (await rig.call("DELETE", f"{path}?force=true", who="admin", at="3.23")).status == 202


async def test_somebody_elses_volume_is_told_from_none_by_nothing(rig: Rig) -> None:
    theirs = (await rig.make("other"))["id"]
    item, extend = {"meta": {"k": "v"}}, {"os-extend": {"new_size": 2}}
    for method, suffix, body in [
        ("GET", "", None),
        ("DELETE", "", None),
        ("PUT", "", {"volume": {"name": "x"}}),
        ("GET", "/metadata", None),
        ("PUT", "/metadata/k", item),
        ("DELETE", "/metadata/k", None),
        ("GET", "/encryption", None),
        ("POST", "/action", extend),
        ("POST", "/action", {"os-retype": {"new_type": "native"}}),
    ]:
        hidden = await rig.call(method, f"/volumes/{theirs}{suffix}", body)
        absent = await rig.call(method, f"/volumes/{UNKNOWN}{suffix}", body)
        assert (hidden.status, absent.status) == (404, 404), (method, suffix)
        assert hidden.raw.replace(theirs.encode(), b"?") == absent.raw.replace(
            UNKNOWN.encode(), b"?"
        )
    assert (await rig.get(f"/volumes/{theirs}", "other"))["volume"]["name"] is None
    assert (await rig.get(f"/volumes/{theirs}", "admin"))["volume"]["id"] == theirs


@pytest.mark.parametrize("bad", ["x", "1" * 36, "%00", "..%2f..", "☃", "5d8f" * 8 + "z"])
async def test_what_is_no_id_names_nothing(rig: Rig, bad: str) -> None:
    for method, path, body in [
        ("GET", f"/volumes/{bad}", None),
        ("DELETE", f"/volumes/{bad}", None),
        ("POST", f"/volumes/{bad}/action", {"os-extend": {"new_size": 2}}),
        ("GET", f"/types/{bad}", None),
    ]:
        answer = await rig.call(method, path, body, who="admin")
        assert (answer.status, list(answer.body)) == (404, ["itemNotFound"])


async def test_readers_read_and_strangers_do_not(rig: Rig) -> None:
    made = await rig.make()
    path = f"/volumes/{made['id']}"
    assert (await rig.get(path, "reader"))["volume"] == made | {OWNER: OWN}
    refused = await rig.call("POST", "/volumes", {"volume": {"size": 1}}, who="reader")
    assert (refused.status, refused.fault) == (
        403,
        "Policy doesn't allow volume:create to be performed.",
    )
    assert (await rig.call("DELETE", path, who="reader")).status == 403
    assert (await rig.call("GET", path, who="nobody")).status == 403
    assert (await rig.call("GET", path, who="forged")).status == 401


async def test_the_summary_adds_up(rig: Rig) -> None:
    await rig.make(size=1, metadata={"k": "a"})
    await rig.make(size=2, metadata={"k": "b", "l": "c"})
    await rig.make("other", size=4)
    assert (await rig.get("/volumes/summary", at="3.12"))["volume-summary"] == {
        "total_count": 2,
        "total_size": 3,
    }
    shown = (await rig.get("/volumes/summary"))["volume-summary"]
    assert shown["metadata"] == {"k": ["a", "b"], "l": ["c"]}
    everybody = await rig.get("/volumes/summary?all_tenants=1", "admin")
    assert everybody["volume-summary"]["total_size"] == 7
    assert (await rig.call("GET", "/volumes/summary", at="3.11")).status == 404


async def test_no_volume_is_encrypted(rig: Rig) -> None:
    made = await rig.make()
    assert await rig.get(f"/volumes/{made['id']}/encryption") == {"encryption_key_id": None}
