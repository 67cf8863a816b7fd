"""A delete takes over whatever is being done to a server."""

from shared.contracts.ganeti import Failure
from tests.integration.compute.rig import Rig, furnish


async def test_a_server_that_was_never_placed_is_gone_at_once(bare: Rig) -> None:
    await furnish(bare)
    ident = await bare.create()
    assert (await bare.call("DELETE", f"/servers/{ident}")).status == 204
    assert (await bare.call("GET", f"/servers/{ident}")).status == 404
    await bare.run_sagas()
    assert bare.world.gateway.submissions == {}
    (row,) = await bare.sql("SELECT vm_state, deleted_at FROM servers")
    assert row["vm_state"] == "deleted"


async def test_a_delete_takes_over_a_create_under_way(rig: Rig) -> None:
    ident = await rig.create()
    await rig.run_sagas()
    assert (await rig.call("DELETE", f"/servers/{ident}")).status == 204
    assert await rig.state(ident) == ("BUILD", "deleting")
    await rig.run_sagas()
    kinds = [each["operation"] for each in rig.world.gateway.operations()]
    assert kinds == ["instance.create", "instance.delete"]
    await rig.end_jobs()
    assert (await rig.call("GET", f"/servers/{ident}")).status == 404
    assert rig.world.network.ports == {}
    (row,) = await rig.sql("SELECT count(*) AS live FROM sagas WHERE ended_at IS NULL")
    assert row["live"] == 0


async def test_the_late_end_of_a_create_does_not_bring_a_deleted_server_back(rig: Rig) -> None:
    ident = await rig.create()
    await rig.run_sagas()
    await rig.call("DELETE", f"/servers/{ident}")
    await rig.observe(ident, "running", job_id=1)
    await rig.run_sagas()
    await rig.end_jobs()
    await rig.observe(ident, "running", job_id=1)
    assert (await rig.call("GET", f"/servers/{ident}")).status == 404


async def test_a_second_delete_changes_nothing(rig: Rig) -> None:
    ident = await rig.active()
    for _again in range(3):
        assert (await rig.call("DELETE", f"/servers/{ident}")).status == 204
    await rig.run_sagas()
    assert len(rig.world.gateway.operations("instance.delete")) == 1
    (row,) = await rig.sql("SELECT count(*) AS n FROM server_actions WHERE action = 'delete'")
    assert row["n"] == 1


async def test_a_broken_server_is_gone_for_its_user_at_once(rig: Rig) -> None:
    ident = await rig.active()
    await rig.observe(ident, None, job_id=99)
    assert (await rig.show(ident))["status"] == "ERROR"
    await rig.call("DELETE", f"/servers/{ident}")
    assert (await rig.call("GET", f"/servers/{ident}")).status == 404
    await rig.run_sagas()
    await rig.fail_last_job(Failure.NOT_FOUND)
    (row,) = await rig.sql("SELECT deleted_at FROM servers")
    assert row["deleted_at"] is not None


async def test_a_delete_that_fails_is_tried_again_until_it_works(rig: Rig) -> None:
    ident = await rig.active()
    await rig.call("DELETE", f"/servers/{ident}")
    await rig.run_sagas()
    await rig.fail_last_job(Failure.BUSY)
    assert await rig.state(ident) == ("ACTIVE", "deleting")
    await rig.forget_pauses()
    await rig.run_sagas()
    assert len(rig.world.gateway.operations("instance.delete")) == 2
    await rig.end_jobs()
    assert (await rig.call("GET", f"/servers/{ident}")).status == 404


async def test_what_a_deleted_server_took_may_be_had_again(rig: Rig) -> None:
    await rig.sql("INSERT INTO quotas VALUES ($1, '', 'instances', 1)", "d" * 32)
    ident = await rig.active()
    again = {
        "server": {
            "name": "x",
            "flavorRef": "1",
            "imageRef": (await rig.show(ident))["image"]["id"],
        }
    }
    assert (await rig.call("POST", "/servers", again)).status == 403
    await rig.call("DELETE", f"/servers/{ident}")
    await rig.run_sagas()
    await rig.end_jobs()
    assert (await rig.call("POST", "/servers", again)).status == 202
