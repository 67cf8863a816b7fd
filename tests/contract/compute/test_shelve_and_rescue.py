"""Shelves and rescues, as Nova's clients ask for them."""

from typing import Any

from shared.contracts.ganeti import Failure
from tests.integration.compute.rig import IMAGE, Rig, fresh_id


async def act(rig: Rig, ident: str, body: Any, *, who: str = "demo", mv: str = "2.96") -> Any:
    """Ask for an action."""
    return await rig.call("POST", f"/servers/{ident}/action", body, who=who, mv=mv)


async def settled(rig: Rig) -> None:
    """Have everything done that was asked for."""
    await rig.run_sagas()
    await rig.end_jobs()


async def test_a_shelved_server_is_off_and_offline(rig: Rig) -> None:
    ident = await rig.active()
    assert (await act(rig, ident, {"shelve": None})).status == 202
    assert await rig.state(ident) == ("ACTIVE", "shelving")
    await settled(rig)
    assert await rig.state(ident) == ("SHELVED_OFFLOADED", None)
    await rig.observe(ident, "ADMIN_offline", job_id=3)
    assert await rig.state(ident) == ("SHELVED_OFFLOADED", None)
    stop, offline = rig.world.gateway.operations()[1:]
    assert (stop["operation"], offline["offline"]) == ("instance.stop", True)
    answer = await act(rig, ident, {"os-start": None})
    assert answer.body["conflictingRequest"]["message"] == (
        f"Cannot 'start' instance {ident} while it is in vm_state shelved_offloaded"
    )
    assert (await act(rig, ident, {"unshelve": None})).status == 202
    assert await rig.state(ident) == ("SHELVED_OFFLOADED", "unshelving")
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    assert (await act(rig, ident, {"unshelve": None})).status == 409
    assert (await act(rig, ident, {"shelveOffload": None}, who="admin")).status == 409
    assert (await act(rig, ident, {"shelveOffload": None})).status == 403


async def test_a_server_is_unshelved_where_its_disks_are(rig: Rig) -> None:
    await rig.know_cluster("berlin")
    ident = await rig.active(availability_zone="az-athens")
    await act(rig, ident, {"shelve": None})
    await settled(rig)
    for given, mv, status in (
        ({"availability_zone": "az-berlin"}, "2.77", 409),
        ({"availability_zone": "nope"}, "2.77", 400),
        ({"availability_zone": "az-athens"}, "2.76", 400),
        ({"availability_zone": None}, "2.90", 400),
        ({"host": "node2.athens"}, "2.90", 400),
        ({"host": "nope"}, "2.91", 400),
        ({"host": "node2.athens"}, "2.91", 409),
        ({"x": 1}, "2.91", 400),
    ):
        answer = await act(rig, ident, {"unshelve": given}, mv=mv, who="admin")
        assert answer.status == status, (given, mv)
    answer = await act(rig, ident, {"unshelve": {"host": "node2.athens"}})
    assert answer.status == 403
    assert (await act(rig, ident, {"unshelve": {"availability_zone": None}})).status == 202
    await settled(rig)
    assert (await rig.show(ident))["pinned_availability_zone"] is None


async def test_a_shelve_that_fails_leaves_the_server_as_it_was(rig: Rig) -> None:
    ident = await rig.active()
    await act(rig, ident, {"shelve": None})
    await rig.run_sagas()
    await rig.fail_last_job(Failure.WRONG_STATE)
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_a_rescue_boots_from_an_image_and_back(rig: Rig) -> None:
    rig.world.gateway.hypervisor = {"boot_order": "network"}
    ident = await rig.active()
    answer = await act(rig, ident, {"rescue": {"adminPass": "secret"}})
    assert (answer.status, answer.body) == (200, {"adminPass": "secret"})
    assert await rig.state(ident) == ("ACTIVE", "rescuing")
    await settled(rig)
    assert await rig.state(ident) == ("RESCUE", None)
    configured = rig.world.gateway.operations("instance.configure")[-1]
    assert configured["hypervisor_parameters"]["boot_order"] == "cdrom"
    assert f"/{IMAGE}?" in configured["hypervisor_parameters"]["cdrom_image_path"]
    await rig.observe(ident, "running", job_id=900)
    assert await rig.state(ident) == ("RESCUE", None)
    assert (await act(rig, ident, {"rescue": None})).status == 409
    assert (await act(rig, ident, {"unrescue": None})).status == 202
    await settled(rig)
    assert await rig.state(ident) == ("ACTIVE", None)
    configured = rig.world.gateway.operations("instance.configure")[-1]
    assert configured["hypervisor_parameters"] == {
        "boot_order": "network",
        "cdrom_image_path": "default",
    }
    assert (await act(rig, ident, {"unrescue": None})).status == 409


async def test_rescues_that_cannot_be_are_refused(rig: Rig) -> None:
    ident = await rig.active()
    given: Any
    for given in ({"rescue_image_ref": fresh_id()}, {"rescue_image_ref": "x"}, {"x": 1}, [], "x"):
        assert (await act(rig, ident, {"rescue": given})).status == 400, given
    assert (await act(rig, ident, {"unrescue": None})).status == 409
    generated = await act(rig, ident, {"rescue": None})
    assert len(generated.body["adminPass"]) == 12
