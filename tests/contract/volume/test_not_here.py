"""What Cinder knows and is not built says so, to whoever may ask."""

from uuid import uuid4

import pytest

from tests.integration.volume.rig import Json, Rig

pytestmark = pytest.mark.asyncio(loop_scope="module")

HINTS = "OS-SCH-HNT:scheduler_hints"


@pytest.mark.parametrize(
    ("method", "path", "sentence"),
    [
        ("GET", "/manageable_volumes?host=athens@ext", "into management"),
        ("GET", "/manageable_snapshots/detail", "into management"),
        ("POST", "/manageable_volumes", "into management"),
        ("POST", "/os-volume-manage", "into management"),
        ("POST", "/os-snapshot-manage", "into management"),
        ("POST", "/backups/import_record", "no backup service"),
        ("GET", "/capabilities/athens@ext", "scheduler-stats"),
    ],
)
async def test_administrators_are_told_why(rig: Rig, method: str, path: str, sentence: str) -> None:
    body: Json | None = {"volume": {}} if method == "POST" else None
    answer = await rig.call(method, path, body, who="admin", at="3.70")
    assert (answer.status, list(answer.body)) == (400, ["badRequest"])
    assert sentence in answer.fault
    assert (await rig.call(method, path, body, at="3.70")).status == 403


async def test_there_are_no_backups(rig: Rig) -> None:
    volume = await rig.make()
    asked = await rig.call("POST", "/backups", {"backup": {"volume_id": volume["id"]}}, at="3.70")
    assert (asked.status, "no backup service" in asked.fault) == (400, True)
    for path in ("/backups", "/backups/detail"):
        assert (await rig.get(path)) == {"backups": []}
    for method, rest in (("GET", ""), ("POST", "/restore"), ("GET", "/export_record")):
        answer = await rig.call(method, f"/backups/{uuid4()}{rest}", at="3.70")
        assert (answer.status, list(answer.body)) == (404, ["itemNotFound"])


async def test_types_are_not_encrypted(rig: Rig) -> None:
    path = f"/types/{(await rig.make_type('fast'))['id']}/encryption"
    assert await rig.get(path, "admin") == {}
    body = {"encryption": {"provider": "luks", "control_location": "front-end"}}
    answer = await rig.call("POST", path, body, who="admin")
    assert (answer.status, "encrypted" in answer.fault) == (400, True)
    assert (await rig.call("GET", path)).status == 403
    lost = await rig.call("GET", f"/types/{uuid4()}/encryption", who="admin")
    assert lost.status == 404


@pytest.mark.parametrize(
    ("hints", "status"),
    [
        ({"same_host": str(uuid4())}, 202),
        ({"different_host": [str(uuid4()), str(uuid4())], "query": "[]"}, 202),
        ({"local_to_instance": str(uuid4()), "other": {"of": "theirs"}}, 202),
        (None, 202),
        ({"same_host": "x"}, 400),
        ({"different_host": [5]}, 400),
        ({"local_to_instance": ["x"]}, 400),
        ({"query": 5}, 400),
        ("x", 400),
    ],
)
async def test_hints_are_what_they_may_be(rig: Rig, hints: object, status: int) -> None:
    answer = await rig.call("POST", "/volumes", {"volume": {"size": 1}, HINTS: hints}, at="3.70")
    assert answer.status == status, answer.raw
