"""The way back: what others tell changes servers, in whatever order it comes."""

import pytest

from shared.contracts.ganeti import EpochChanged, Failure, InstanceObserved, JobStatus
from shared.contracts.resources import NetworkChanged
from tests.integration.compute.rig import NETWORK, Rig, port_changed


async def test_an_administrators_stop_reaches_the_api_by_events_alone(rig: Rig) -> None:
    ident = await rig.active()
    calls = sum(rig.world.calls.values())
    await rig.observe(ident, "ADMIN_down", job_id=500)
    shown = await rig.show(ident)
    assert (shown["status"], shown["OS-EXT-STS:power_state"]) == ("SHUTOFF", 4)
    await rig.observe(ident, "running", job_id=501)
    assert (await rig.show(ident))["status"] == "ACTIVE"
    assert sum(rig.world.calls.values()) == calls
    assert (await rig.published())[-1]["document"]["status"] == "ACTIVE"


async def test_an_instance_that_vanished_is_an_error_with_a_sentence(rig: Rig) -> None:
    ident = await rig.active()
    await rig.observe(ident, None, job_id=500)
    shown = await rig.show(ident)
    assert shown["status"] == "ERROR"
    assert "vanished" in shown["fault"]["message"]


async def test_a_migration_by_an_administrator_moves_the_server(rig: Rig) -> None:
    ident = await rig.active()
    before = (await rig.show(ident))["hostId"]
    await rig.observe(ident, "running", job_id=500, node="node2.athens")
    shown = await rig.show(ident, who="admin")
    assert shown["OS-EXT-SRV-ATTR:hypervisor_hostname"] == "node2.athens"
    assert shown["hostId"] != before


async def test_late_observations_change_nothing(rig: Rig) -> None:
    ident = await rig.active()
    rig.sequence = 10
    await rig.observe(ident, "ADMIN_down", job_id=500)
    rig.sequence = 5
    await rig.observe(ident, "running", job_id=400)
    assert (await rig.show(ident))["status"] == "SHUTOFF"


async def test_what_was_seen_before_an_action_ended_is_old_news(rig: Rig) -> None:
    ident = await rig.active()
    await rig.act(ident, **{"os-stop": None})
    await rig.run_sagas()
    job = max(job for _, job in rig.world.gateway.jobs.values())
    await rig.observe(ident, "running", job_id=job - 1)
    assert await rig.state(ident) == ("ACTIVE", "powering-off")
    await rig.end_jobs()
    assert await rig.state(ident) == ("SHUTOFF", None)
    await rig.observe(ident, "running", job_id=job - 1)
    assert await rig.state(ident) == ("SHUTOFF", None)


async def test_what_happened_during_an_action_is_seen_once_it_ends(rig: Rig) -> None:
    ident = await rig.active()
    await rig.act(ident, reboot={"type": "SOFT"})
    await rig.run_sagas()
    await rig.observe(ident, "ADMIN_down", job_id=900)  # somebody stopped it meanwhile
    assert await rig.state(ident) == ("REBOOT", "rebooting")
    await rig.end_jobs()
    assert await rig.state(ident) == ("SHUTOFF", None)


async def test_after_a_new_history_of_jobs_old_ids_mean_nothing(rig: Rig) -> None:
    ident = await rig.active()
    await rig.sql("UPDATE servers SET last_job = 100000")
    await rig.observe(ident, "ADMIN_down", job_id=7)
    assert (await rig.show(ident))["status"] == "ACTIVE"
    await rig.hear(EpochChanged(cluster="athens", epoch=2, reason="failover"))
    await rig.observe(ident, "ADMIN_down", job_id=8)
    assert (await rig.show(ident))["status"] == "SHUTOFF"


async def test_the_instances_of_others_are_ignored(rig: Rig) -> None:
    await rig.hear(
        InstanceObserved(cluster="athens", name="mail.example.org", sequence=1, status="running"),
        InstanceObserved(cluster="athens", name="cyc-nonsense", sequence=1, status="running"),
    )
    assert await rig.sql("SELECT 1 FROM instances") == []


@pytest.mark.parametrize("watcher_is", ["slower than us", "faster than us"])
async def test_the_end_of_a_job_is_never_missed(rig: Rig, watcher_is: str) -> None:
    ident = await rig.active()
    await rig.act(ident, **{"os-stop": None})
    job = len(rig.world.gateway.jobs) + 1
    if watcher_is == "faster than us":
        await rig.hear_job(job, JobStatus.SUCCESS)
        await rig.run_sagas()
    else:
        await rig.run_sagas()
        await rig.hear_job(job, JobStatus.SUCCESS)
        await rig.hear_job(job, JobStatus.RUNNING)  # late news of a job that has ended
        await rig.run_sagas()
    assert await rig.state(ident) == ("SHUTOFF", None)


async def test_a_failed_stop_leaves_the_server_as_it_was_and_says_so(rig: Rig) -> None:
    ident = await rig.active()
    await rig.act(ident, **{"os-stop": None})
    await rig.run_sagas()
    await rig.fail_last_job(Failure.ENVIRONMENT)
    assert await rig.state(ident) == ("ACTIVE", None)
    done = (await rig.get(f"/servers/{ident}/os-instance-actions"))["instanceActions"][0]
    assert (done["action"], done["message"]) == ("stop", "Error")


async def test_a_server_may_be_acted_on_the_moment_it_is_idle(rig: Rig) -> None:
    """The saga that settled it may not have ended yet: that must not stand in the way."""
    ident = await rig.active()
    await rig.sql("UPDATE sagas SET ended_at = NULL, outcome = NULL, leased_until = now()")
    assert (await rig.act(ident, **{"os-stop": None})).status == 202
    await rig.run_sagas()
    await rig.end_jobs()
    assert await rig.state(ident) == ("SHUTOFF", None)


async def test_addresses_follow_the_port(rig: Rig) -> None:
    ident = await rig.active()
    (port,) = rig.world.network.ports.values()
    moved = port | {
        "fixed_ips": [{"subnet_id": "s", "ip_address": "10.0.0.77"}],
        "status": "ACTIVE",
    }
    await rig.hear(port_changed(moved, 5))
    await rig.hear(port_changed(port, 4))  # late
    assert (await rig.show(ident))["addresses"]["private"][0]["addr"] == "10.0.0.77"
    (nic,) = (await rig.get(f"/servers/{ident}/os-interface"))["interfaceAttachments"]
    assert nic["port_state"] == "ACTIVE"
    await rig.hear(port_changed(moved, 6, verb="deleted"))
    assert (await rig.show(ident))["addresses"] == {}


async def test_addresses_are_shown_under_the_networks_present_name(rig: Rig) -> None:
    ident = await rig.active()
    document = rig.world.network.networks[NETWORK] | {"name": "renamed"}
    await rig.hear(NetworkChanged(id=NETWORK, project_id="d" * 32, version=2, document=document))
    assert list((await rig.show(ident))["addresses"]) == ["renamed"]
