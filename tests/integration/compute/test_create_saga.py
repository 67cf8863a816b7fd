"""Making a server when something goes wrong: elsewhere, again, or all taken back."""

import pytest

from services.compute.domain.outcomes import MOST_ROUNDS
from shared.contracts.ganeti import Failure, JobStatus
from tests.integration.compute.rig import IMAGE, NETWORK, Rig, furnish, port_changed


async def fault_of(rig: Rig, ident: str) -> str:
    """Return what the user reads."""
    message: str = (await rig.show(ident))["fault"]["message"]
    return message


async def fails_here(rig: Rig, failure: Failure, text: str = "gnt said no") -> None:
    """Let the creation submitted last fail, and what it left be removed."""
    await rig.fail_last_job(failure, text)
    cluster, removal = list(rig.world.gateway.jobs.values())[-1]
    await rig.hear_job(removal, JobStatus.SUCCESS, cluster=cluster)
    await rig.wake()
    await rig.run_sagas()


async def test_where_nothing_fits_nova_accepts_and_the_server_is_in_error(bare: Rig) -> None:
    await furnish(bare)
    ident = await bare.create()
    await bare.run_sagas()
    assert await bare.state(ident) == ("ERROR", None)
    assert await fault_of(bare, ident) == "No valid host was found."
    assert not bare.world.gateway.submissions
    actions = await bare.get(f"/servers/{ident}/os-instance-actions")
    assert actions["instanceActions"][0]["message"] == "Error"


async def test_a_cluster_without_room_sends_the_server_to_another(rig: Rig) -> None:
    await rig.know_cluster("berlin")
    ident = await rig.create()
    await rig.run_sagas()
    first = next(iter(rig.world.gateway.jobs.values()))[0]
    port = next(iter(rig.world.network.ports))
    await rig.fail_last_job(Failure.NO_CAPACITY)
    await rig.end_jobs()
    shown = await rig.show(ident, who="admin")
    assert shown["status"] == "ACTIVE"
    other = "berlin" if first == "athens" else "athens"
    assert shown["OS-EXT-AZ:availability_zone"] == f"az-{other}"
    assert port not in rig.world.network.ports
    (left,) = rig.world.network.ports.values()
    assert left["binding:host_id"] == other


async def test_a_refused_submission_is_tried_elsewhere_and_nothing_is_removed(rig: Rig) -> None:
    await rig.know_cluster("berlin")
    for cluster in ("athens", "berlin"):
        rig.world.gateway.refusals[cluster] = Failure.UNREACHABLE
    ident = await rig.create()
    await rig.run_sagas()
    assert await rig.state(ident) == ("ERROR", None)
    assert await fault_of(rig, ident) == "No valid host was found."
    assert rig.world.gateway.operations("instance.delete") == []
    assert rig.world.network.ports == {}


async def test_nodes_that_do_not_answer_for_a_while_are_asked_again(rig: Rig) -> None:
    """Their daemon is restarted in seconds; a user's server is worth waiting for it."""
    await rig.know_cluster("berlin")
    ident = await rig.create()
    await rig.run_sagas()
    for _cluster in range(2):
        await fails_here(rig, Failure.UNREACHABLE)
    assert await rig.state(ident) == ("BUILD", "scheduling")
    assert rig.world.network.ports == {}
    await rig.forget_pauses()
    await rig.run_sagas()
    creates = rig.world.gateway.operations("instance.create")
    assert len(creates) == 3, "the same effect under another key"
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)
    assert len(rig.world.network.ports) == 1


async def test_nodes_that_never_answer_are_given_up_after_some_rounds(rig: Rig) -> None:
    ident = await rig.create()
    await rig.run_sagas()
    for tried in range(1, MOST_ROUNDS + 2):
        assert len(rig.world.gateway.operations("instance.create")) == tried
        assert await rig.state(ident) == ("BUILD", "spawning")
        await fails_here(rig, Failure.UNREACHABLE, "Error 7: Failed to connect")
        await rig.forget_pauses()
        await rig.run_sagas()
    assert await rig.state(ident) == ("ERROR", None)
    fault = (await rig.show(ident, who="admin"))["fault"]
    assert fault["details"] == "Error 7: Failed to connect"
    assert rig.world.network.ports == {}


async def test_a_cluster_that_is_away_for_a_while_is_waited_for(rig: Rig) -> None:
    """Its RAPI is restarted, or its master fails over: both are a matter of seconds."""
    await rig.know_cluster(version=2, health="down")
    ident = await rig.create()
    await rig.run_sagas()
    assert await rig.state(ident) == ("BUILD", "scheduling")
    await rig.know_cluster(version=3, health="up")
    await rig.forget_pauses()
    await rig.run_sagas()
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_a_cluster_that_stays_away_is_given_up(rig: Rig) -> None:
    await rig.know_cluster(version=2, health="down")
    ident = await rig.create()
    for _round in range(MOST_ROUNDS):
        await rig.run_sagas()
        assert await rig.state(ident) == ("BUILD", "scheduling")
        await rig.forget_pauses()
    await rig.run_sagas()
    assert await rig.state(ident) == ("ERROR", None)
    fault = (await rig.show(ident, who="admin"))["fault"]
    assert (fault["message"], "do not answer" in fault["details"]) == (
        "No valid host was found.", True,
    )  # fmt: skip


async def test_a_cluster_that_is_away_and_full_is_not_waited_for(rig: Rig) -> None:
    await rig.know_cluster(version=2, health="down", nodes=[])
    ident = await rig.create()
    await rig.run_sagas()
    assert await rig.state(ident) == ("ERROR", None)


async def test_only_what_did_not_answer_is_tried_again(rig: Rig) -> None:
    await rig.know_cluster("berlin")
    ident = await rig.create()
    await rig.run_sagas()
    deaf = next(iter(rig.world.gateway.jobs.values()))[0]
    for failure in (Failure.UNREACHABLE, Failure.NO_CAPACITY):
        await fails_here(rig, failure)
    await rig.forget_pauses()
    await rig.run_sagas()
    await rig.end_jobs()
    shown = await rig.show(ident)
    assert (shown["status"], shown["OS-EXT-AZ:availability_zone"]) == ("ACTIVE", f"az-{deaf}")


async def test_what_would_fail_everywhere_is_taken_back(rig: Rig) -> None:
    ident = await rig.create()
    await rig.run_sagas()
    await rig.fail_last_job(Failure.BAD_REQUEST, "disk template unknown")
    await rig.end_jobs()
    assert await rig.state(ident) == ("ERROR", None)
    assert rig.world.network.ports == {}
    assert await fault_of(rig, ident) == "The instance could not be created."
    assert "details" not in (await rig.show(ident))["fault"]
    assert (await rig.show(ident, who="admin"))["fault"]["details"] == "disk template unknown"


async def test_a_busy_cluster_is_asked_again_after_a_pause(rig: Rig) -> None:
    ident = await rig.create()
    await rig.run_sagas()
    (first,) = rig.world.gateway.submissions
    await rig.fail_last_job(Failure.BUSY)
    await rig.end_jobs()  # the removal of what the first attempt may have left
    await rig.forget_pauses()
    await rig.run_sagas()
    creates = rig.world.gateway.operations("instance.create")
    assert len(creates) == 2, "the same effect under another key"
    assert first in rig.world.gateway.submissions
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)


@pytest.mark.parametrize("failure", [Failure.UNKNOWN_OUTCOME, Failure.EXISTS])
async def test_when_nobody_knows_the_instance_is_looked_at(rig: Rig, failure: Failure) -> None:
    ident = await rig.create()
    await rig.run_sagas()
    rig.world.gateway.known_instances[f"cyc-{ident}"] = "node2.athens"
    await rig.fail_last_job(failure)
    shown = await rig.show(ident, who="admin")
    assert shown["status"] == "ACTIVE"
    assert shown["OS-EXT-SRV-ATTR:host"] == "node2.athens"
    assert len(rig.world.gateway.operations()) == 1


@pytest.mark.parametrize("state", [("down", "ADMIN_down"), ("up", "ERROR_down")])
async def test_an_instance_that_was_left_unfinished_is_made_again(
    rig: Rig, state: tuple[str, str]
) -> None:
    """A master that dies leaves instances whose disks nobody wrote: they are no servers."""
    ident = await rig.create()
    await rig.run_sagas()
    name = f"cyc-{ident}"
    rig.world.gateway.known_instances[name] = "node2.athens"
    rig.world.gateway.known_states[name] = state
    await rig.fail_last_job(Failure.UNKNOWN_OUTCOME)
    assert await rig.state(ident) == ("BUILD", "spawning")
    del rig.world.gateway.known_instances[name]
    await rig.end_jobs()
    await rig.forget_pauses()
    await rig.run_sagas()
    await rig.end_jobs()
    asked = [each["operation"] for each in rig.world.gateway.operations()]
    assert asked == ["instance.create", "instance.delete", "instance.create"]
    assert await rig.state(ident) == ("ACTIVE", None)


@pytest.mark.parametrize("whole", [True, False])
async def test_an_instance_that_no_job_is_known_of_is_looked_at(rig: Rig, whole: bool) -> None:
    """After a failover Ganeti may have the instance, and no longer the job that made it."""
    ident = await rig.create()
    name = f"cyc-{ident}"
    rig.world.gateway.known_instances[name] = "node2.athens"
    rig.world.gateway.known_states[name] = ("up", "running") if whole else ("down", "ADMIN_down")
    rig.world.gateway.done = True
    await rig.run_sagas()
    rig.world.gateway.done = False
    if not whole:
        assert await rig.state(ident) == ("BUILD", "spawning")
        await rig.wake()
        await rig.run_sagas()
        await rig.forget_pauses()
        await rig.run_sagas()
        await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)
    creates = rig.world.gateway.operations("instance.create")
    assert len(creates) == 1 + (not whole)


async def test_ports_that_cannot_be_had_are_the_fault(rig: Rig) -> None:
    rig.world.network.refuse_ports = 409
    ident = await rig.create()
    await rig.run_sagas()
    assert await rig.state(ident) == ("ERROR", None)
    assert await fault_of(rig, ident) == "No more addresses."


async def test_ports_that_its_own_earlier_try_still_makes_are_waited_for(rig: Rig) -> None:
    rig.world.network.refuse_ports, rig.world.network.refuses_for = 409, 1
    ident = await rig.create()
    await rig.run_sagas()
    assert await rig.state(ident) == ("BUILD", "networking")
    rig.world.network.refuse_ports = None
    await rig.sql("UPDATE sagas SET wake_at = now(), leased_until = now()")
    await rig.run_sagas()
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_a_repeat_that_asks_for_other_ports_lets_go_of_the_first(rig: Rig) -> None:
    rig.world.network.vif_type = "unbound"
    ident = await rig.create()
    await rig.run_sagas()
    (first,) = rig.world.network.ports
    # It died before it was written down, and the news of the port was quicker.
    await rig.sql("UPDATE sagas SET position = 2, notes = notes - 'ports', wake_at = now()")
    await rig.sql("""UPDATE servers SET security_groups = '[{"id": "g1", "name": "default"}]'""")
    rig.world.network.vif_type = "bridge"
    await rig.run_sagas()
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)
    (port,) = rig.world.network.ports.values()
    assert (port["id"] != first, port["security_groups"]) == (True, ["g1"])
    (creation,) = rig.world.gateway.operations("instance.create")
    assert [nic["name"] for nic in creation["nics"]] == [port["id"]]


async def test_the_saga_waits_until_the_cluster_knows_the_network(rig: Rig) -> None:
    rig.world.network.vif_type = "unbound"
    ident = await rig.create()
    await rig.run_sagas()
    assert rig.world.gateway.submissions == {}
    (port,) = rig.world.network.ports.values()
    rig.world.network.vif_type = "bridge"
    port |= {"binding:vif_type": "bridge", "binding:vif_details": {"ganeti_network": "cyc-s"}}
    await rig.hear(port_changed(port, 2))
    await rig.run_sagas()
    assert len(rig.world.gateway.submissions) == 1, "the news of the port woke the saga"
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_a_binding_that_fails_sends_the_server_elsewhere(rig: Rig) -> None:
    rig.world.network.vif_type = "binding_failed"
    ident = await rig.create()
    await rig.run_sagas()
    assert await rig.state(ident) == ("ERROR", None)
    assert rig.world.network.ports == {}


async def test_an_image_that_went_meanwhile_is_the_fault(rig: Rig) -> None:
    ident = await rig.create()
    rig.world.images.images.clear()
    await rig.run_sagas()
    assert await rig.state(ident) == ("ERROR", None)
    assert IMAGE in await fault_of(rig, ident)


async def test_neighbours_that_are_down_are_waited_for(rig: Rig) -> None:
    rig.world.down = {8790}
    ident = await rig.create()
    await rig.run_sagas()
    assert await rig.state(ident) == ("BUILD", "spawning")
    rig.world.down = set()
    await rig.wake()
    await rig.run_sagas()
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_the_users_own_port_is_bound_and_only_let_go_of(rig: Rig) -> None:
    port = rig.world.network.own_port("d" * 32, NETWORK)
    ident = await rig.active(networks=[{"port": port["id"]}])
    assert rig.world.network.ports[port["id"]]["device_id"] == ident
    shown = await rig.show(ident)
    assert shown["addresses"]["private"][0]["addr"] == "10.0.0.99"
    await rig.call("DELETE", f"/servers/{ident}")
    await rig.run_sagas()
    await rig.end_jobs()
    assert rig.world.network.ports[port["id"]]["device_id"] == ""


async def test_secrets_stand_nowhere_in_clear(rig: Rig) -> None:
    await rig.active(user_data="c2VjcmV0LXVzZXItZGF0YQ==", adminPass="hunter2hunter2")
    rows = await rig.sql("SELECT notes::text FROM sagas")
    rows += await rig.sql("SELECT sealed FROM server_secrets")
    rows += await rig.sql("SELECT servers::text FROM servers")
    text = " ".join(str(row[0]) for row in rows)
    for secret in ("http://images/", "c2VjcmV0", "hunter2"):
        assert secret not in text


async def test_the_same_submission_says_the_same_again(rig: Rig) -> None:
    """A step that ran, and whose outcome was lost, must find its own work."""
    ident = await rig.create()
    rig.world.gateway.pending = True
    await rig.run_sagas()
    rig.world.gateway.pending = False
    await rig.wake()
    await rig.run_sagas()
    assert len(rig.world.gateway.submissions) == 1
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)
