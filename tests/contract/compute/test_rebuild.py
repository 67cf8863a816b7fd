"""Rebuilding servers, as Nova's clients do it."""

from typing import Any

from shared.contracts.ganeti import Failure
from tests.integration.compute.rig import IMAGE, Rig, fresh_id

OTHER = "70a50000-0000-4000-8000-000000000002"


async def another_image(rig: Rig, **fields: Any) -> None:
    """Have a second image, which compute was not told of."""
    known = rig.world.images.images[IMAGE]
    rig.world.images.images[OTHER] = known | {"id": OTHER} | fields


async def rebuild(rig: Rig, ident: str, mv: str = "2.1", **given: Any) -> Any:
    """Ask for a rebuild."""
    body = {"rebuild": {"imageRef": OTHER} | given}
    return await rig.call("POST", f"/servers/{ident}/action", body, mv=mv)


async def settled(rig: Rig) -> None:
    """Have everything done that was asked for."""
    await rig.run_sagas()
    await rig.end_jobs()


async def test_a_rebuild_writes_the_disk_anew(rig: Rig) -> None:
    await another_image(rig)
    ident = await rig.active()
    before = await rig.show(ident)
    answer = await rebuild(
        rig, ident, name="new", metadata={"a": "b"}, adminPass="secret", accessIPv4="192.0.2.1"
    )
    assert answer.status == 202
    assert answer.headers["Location"].endswith(f"/v2.1/servers/{ident}")
    shown = answer.body["server"]
    assert (shown["status"], shown["image"]["id"], shown["adminPass"]) == (
        "REBUILD", OTHER, "secret",
    )  # fmt: skip
    assert (shown["name"], shown["metadata"], shown["accessIPv4"]) == (
        "new", {"a": "b"}, "192.0.2.1",
    )  # fmt: skip
    assert not {"key_name", "OS-EXT-STS:vm_state", "user_data", "description"} & shown.keys()
    ((address, *_),) = shown["addresses"].values()
    assert set(address) == {"version", "addr"}
    await settled(rig)
    after = await rig.show(ident)
    assert (after["status"], after["addresses"]) == ("ACTIVE", before["addresses"])
    _stop, configure, reinstall, start = rig.world.gateway.operations()[1:]
    assert configure["os_private"]["image_url"].startswith(f"http://images/{OTHER}")
    assert reinstall["os_parameters"]["image_id"] == OTHER
    assert "image_url" not in reinstall["os_parameters"]
    assert (reinstall["start"], start["operation"]) == (False, "instance.start")


async def test_a_stopped_server_stays_stopped(rig: Rig) -> None:
    await another_image(rig)
    ident = await rig.active()
    await rig.act(ident, **{"os-stop": None})
    await settled(rig)
    assert (await rebuild(rig, ident)).status == 202
    assert (await rig.state(ident))[0] == "REBUILD"
    await settled(rig)
    assert await rig.state(ident) == ("SHUTOFF", None)


async def test_what_is_shown_depends_on_the_microversion(rig: Rig) -> None:
    await another_image(rig)
    ident = await rig.active()
    for mv, there, absent in (
        ("2.54", {"key_name", "tags"}, {"user_data"}),
        ("2.57", {"user_data"}, {"config_drive"}),
        ("2.75", {"config_drive", "OS-EXT-STS:vm_state", "user_data", "adminPass"}, set()),
        ("2.96", {"pinned_availability_zone", "server_groups"}, set[str]()),
    ):
        shown = (await rebuild(rig, ident, mv=mv)).body["server"]
        assert there <= shown.keys(), mv
        assert not absent & shown.keys(), mv
        await settled(rig)


async def test_administrators_see_user_data_once(rig: Rig) -> None:
    ident = await rig.active(user_data="aGk=")
    body = {"rebuild": {"imageRef": IMAGE}}
    path = f"/servers/{ident}/action"
    shown = (await rig.call("POST", path, body, who="admin", mv="2.75")).body["server"]
    assert "OS-EXT-SRV-ATTR:host" in shown
    assert [name for name in shown if "user_data" in name] == ["user_data"]


async def test_keys_and_user_data_may_change_and_go(rig: Rig) -> None:
    await another_image(rig)
    await rig.call("POST", "/os-keypairs", {"keypair": {"name": "k"}})
    ident = await rig.active(user_data="aGk=")
    shown = (await rebuild(rig, ident, mv="2.96", key_name="k")).body["server"]
    assert (shown["key_name"], shown["user_data"]) == ("k", "aGk=")
    await settled(rig)
    shown = (await rebuild(rig, ident, mv="2.96", key_name=None, user_data=None)).body["server"]
    assert (shown["key_name"], shown["user_data"]) == (None, None)


async def test_what_cannot_be_is_refused(rig: Rig) -> None:
    await another_image(rig)
    ident = await rig.active()
    for mv, given in (
        ("2.1", {"imageRef": fresh_id()}),
        ("2.1", {"imageRef": "x"}),
        ("2.1", {"imageRef": ""}),
        ("2.1", {"imageRef": None}),
        ("2.1", {"x": 1}),
        ("2.1", {"name": ""}),
        ("2.1", {"metadata": {"a": 1}}),
        ("2.18", {"description": "d"}),
        ("2.53", {"key_name": "k"}),
        ("2.54", {"key_name": "nope"}),
        ("2.56", {"user_data": "aGk="}),
        ("2.57", {"user_data": "no base64"}),
        ("2.57", {"personality": []}),
        ("2.89", {"hostname": "x"}),
        ("2.90", {"hostname": "x y"}),
    ):
        answer = await rebuild(rig, ident, mv=mv, **given)
        assert answer.status == 400, (mv, given)
    many = {f"k{at}": "v" for at in range(129)}
    assert (await rebuild(rig, ident, metadata=many)).status == 403
    await another_image(rig, min_disk=1000)
    assert (await rebuild(rig, ident)).status == 400
    assert await rig.state(ident) == ("ACTIVE", None)
    assert (await rig.show(ident))["image"]["id"] == IMAGE


async def test_a_rebuild_that_fails_leaves_an_error_that_a_rebuild_heals(rig: Rig) -> None:
    await another_image(rig)
    ident = await rig.active()
    await rebuild(rig, ident)
    await rig.run_sagas()
    await rig.fail_last_job(Failure.ENVIRONMENT)
    await settled(rig)
    shown = await rig.show(ident)
    assert (shown["status"], shown["fault"]["message"]) == ("ERROR", "The action failed.")
    await rig.observe(ident, "running", job_id=990)
    assert (await rig.state(ident))[0] == "ERROR"
    assert (await rebuild(rig, ident)).status == 202
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
