"""Limits of projects, and what happens at them."""

from typing import Any

import pytest

from tests.integration.volume.rig import OTHER, OWN, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEFAULTS = {
    "volumes": 10, "snapshots": 10, "gigabytes": 1000, "backups": 10, "backup_gigabytes": 1000,
    "groups": 10, "per_volume_gigabytes": -1,
}  # fmt: skip
OF_TYPES = {
    f"{kind}_{name}": -1
    for kind in ("volumes", "snapshots", "gigabytes")
    for name in ("standard", "native")
}


async def put(rig: Rig, path: str, body: Any, who: str = "admin") -> Any:
    return await rig.call("PUT", path, body, who=who)


async def test_limits_are_what_a_project_may_have_and_has(rig: Rig) -> None:
    await rig.make(size=3)
    assert await rig.get("/limits") == {
        "limits": {
            "rate": [],
            "absolute": {
                "maxTotalVolumes": 10,
                "maxTotalSnapshots": 10,
                "maxTotalVolumeGigabytes": 1000,
                "maxTotalBackups": 10,
                "maxTotalBackupGigabytes": 1000,
                "totalVolumesUsed": 1,
                "totalSnapshotsUsed": 0,
                "totalGigabytesUsed": 3,
                "totalBackupsUsed": 0,
                "totalBackupGigabytesUsed": 0,
            },
        }
    }


async def test_administrators_see_anothers_limits_since_3_39(rig: Rig) -> None:
    await rig.make(size=3)
    path, used = f"/limits?project_id={OWN}", "totalVolumesUsed"
    assert (await rig.get(path, "admin"))["limits"]["absolute"][used] == 1
    assert (await rig.get(path, "admin", "3.38"))["limits"]["absolute"][used] == 0
    assert (await rig.get(path, "other"))["limits"]["absolute"][used] == 0


async def test_a_quota_set_names_every_resource_and_type(rig: Rig) -> None:
    path = f"/os-quota-sets/{OWN}"
    expected = {"id": OWN, **DEFAULTS, **OF_TYPES}
    assert (await rig.get(path))["quota_set"] == expected
    assert (await rig.get(f"{path}/defaults"))["quota_set"] == expected
    await rig.make(size=3)
    used = (await rig.get(f"{path}?usage=True"))["quota_set"]
    assert used["volumes"] == {"limit": 10, "in_use": 1, "reserved": 0}
    assert used["gigabytes_standard"] == {"limit": -1, "in_use": 3, "reserved": 0}
    assert used["gigabytes_native"]["in_use"] == 0
    assert set(used) == set(expected)


async def test_limits_are_set_and_forgotten(rig: Rig) -> None:
    path = f"/os-quota-sets/{OWN}"
    body = {"quota_set": {"volumes": "77", "gigabytes_native": 5, "backups": "-1", "id": OWN}}
    answer = await put(rig, path, body)
    assert answer.status == 200
    assert answer.body["quota_set"] == {
        **DEFAULTS, **OF_TYPES, "volumes": 77, "gigabytes_native": 5, "backups": -1,
    }  # fmt: skip
    assert (await rig.get(path))["quota_set"]["volumes"] == 77
    assert (await rig.get(f"/os-quota-sets/{OTHER}", "other"))["quota_set"]["volumes"] == 10
    forgotten = await rig.call("DELETE", path, who="admin")
    assert (forgotten.status, forgotten.raw) == (200, b"")
    assert (await rig.get(path))["quota_set"]["volumes"] == 10


async def test_a_class_holds_for_every_project_that_has_no_limits_of_its_own(rig: Rig) -> None:
    path = "/os-quota-class-sets/default"
    changed = await put(rig, path, {"quota_class_set": {"volumes": 3}})
    assert (changed.status, changed.body["quota_class_set"]["volumes"]) == (200, 3)
    shown = (await rig.get(path, "admin"))["quota_class_set"]
    assert (shown["id"], shown["volumes"]) == ("default", 3)
    assert (await rig.get(f"/os-quota-sets/{OWN}/defaults"))["quota_set"]["volumes"] == 3
    await rig.limit(volumes=5)
    assert (await rig.get(f"/os-quota-sets/{OWN}"))["quota_set"]["volumes"] == 5
    assert (await rig.get(f"/os-quota-sets/{OTHER}", "other"))["quota_set"]["volumes"] == 3


async def test_no_limit_is_below_what_is_in_use_unless_that_is_meant(rig: Rig) -> None:
    await rig.make(size=3)
    path = f"/os-quota-sets/{OWN}"
    for name, limit in (("volumes", 0), ("gigabytes", 2), ("gigabytes_standard", 2)):
        refused = await put(rig, path, {"quota_set": {name: limit, "groups": 1}})
        assert (refused.status, "must be equal to or greater" in refused.fault) == (400, True)
    assert (await rig.get(path))["quota_set"]["groups"] == 10
    meant = {"quota_set": {"volumes": 0, "skip_validation": True}}
    assert (await put(rig, path, meant)).status == 200
    outside = {"quota_set": {"gigabytes": 0}, "skip_validation": "true"}
    assert (await put(rig, path, outside)).status == 200


@pytest.mark.parametrize("path", [f"/os-quota-sets/{OWN}", "/os-quota-class-sets/default"])
@pytest.mark.parametrize(
    "limits",
    [
        {"odd": 1}, {"volumes": 1, "odd": 1}, {"volumes_absent": 1}, {"volumes": -2},
        {"volumes": "x"}, {"volumes": None}, {"volumes": 1.5}, {"volumes": True},
        {"volumes": 2**31}, {"volumes": 2**70}, {"volumes": "9" * 5000}, {"volumes": {}},
        {"volumes": "²"}, {"volumes": "\0"}, {"vol\0umes": 1}, {"x" * 10_000: 1}, [], "x", None,
    ],
)  # fmt: skip
async def test_a_limit_that_makes_no_sense_is_refused(rig: Rig, path: str, limits: Any) -> None:
    before = await rig.everything()
    key = "quota_set" if "class" not in path else "quota_class_set"
    answer = await put(rig, path, {key: limits})
    assert (answer.status, list(answer.body)) == (400, ["badRequest"])
    assert await rig.everything() == before


async def test_an_unknown_resource_is_named(rig: Rig) -> None:
    refused = await put(rig, f"/os-quota-sets/{OWN}", {"quota_set": {"odd": 1, "even": 2}})
    assert refused.fault == "Invalid input received: Bad key(s) in quota set: even,odd"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/os-quota-sets/{OTHER}", None),
        ("GET", f"/os-quota-sets/{OTHER}/defaults", None),
        ("PUT", f"/os-quota-sets/{OWN}", {"quota_set": {"volumes": 99}}),
        ("DELETE", f"/os-quota-sets/{OWN}", None),
        ("GET", "/os-quota-class-sets/default", None),
        ("PUT", "/os-quota-class-sets/default", {"quota_class_set": {"volumes": 99}}),
    ],
)
async def test_limits_are_administrators_business(
    rig: Rig, method: str, path: str, body: object
) -> None:
    before = await rig.everything()
    refused = await rig.call(method, path, body)
    assert (refused.status, list(refused.body)) == (403, ["forbidden"])
    assert await rig.everything() == before


@pytest.mark.parametrize("project", ["%00", "a%00b"])
async def test_no_project_has_such_a_name(rig: Rig, project: str) -> None:
    for path in (f"/os-quota-sets/{project}", f"/os-quota-class-sets/{project}"):
        for method, body in (("GET", None), ("PUT", {"quota_set": {"volumes": 1}})):
            assert (await rig.call(method, path, body, who="admin")).status == 404


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"volumes": 1},
            (
                "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota "
                "'volumes'."
            ),
        ),
        (
            {"volumes_standard": 1},
            (
                "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota "
                "'volumes_standard'."
            ),
        ),
        (
            {"gigabytes": 4},
            (
                "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed "
                "gigabytes quota. Requested 2G, quota is 4G and 3G has been consumed."
            ),
        ),
        (
            {"gigabytes_standard": 4},
            (
                "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed "
                "gigabytes_standard quota. Requested 2G, quota is 4G and 3G has been consumed."
            ),
        ),
        (
            {"per_volume_gigabytes": 1},
            (
                "VolumeSizeExceedsLimit: Requested volume size 2G is larger than maximum allowed "
                "limit 1G."
            ),
        ),
    ],
)
async def test_over_a_limit_nothing_is_made(rig: Rig, limits: Any, message: str) -> None:
    await rig.make(size=3)
    await rig.limit(**limits)
    before = await rig.everything()
    refused = await rig.call("POST", "/volumes", {"volume": {"size": 2}})
    assert refused.status == 413
    assert refused.headers["Retry-After"] == "0"
    assert refused.body == {"overLimit": {"code": 413, "message": message, "retryAfter": "0"}}
    assert await rig.everything() == before


async def test_growing_and_retyping_heed_limits_too(rig: Rig) -> None:
    made = await rig.make(size=3)
    await rig.limit(gigabytes=4, gigabytes_native=2)
    assert (await rig.act(made["id"], "os-extend", {"new_size": 5})).status == 413
    assert (await rig.act(made["id"], "os-retype", {"new_type": "native"})).status == 413
    assert (await rig.act(made["id"], "os-extend", {"new_size": 4})).status == 202


async def test_deleting_makes_room(rig: Rig) -> None:
    await rig.limit(volumes=1)
    made = await rig.make()
    await rig.call("DELETE", f"/volumes/{made['id']}")
    await rig.make()
