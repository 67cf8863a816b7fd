"""Volumes come onto servers and go again, whatever happens in between."""

import asyncio
from typing import Any

from services.compute.api.deps import DEPS
from services.compute.usecases import attaching
from services.compute.usecases.acting import Actor
from services.compute.usecases.attaching import AttachWish
from shared.contracts.ganeti import Failure, JobObserved, JobStatus
from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.rig import Answer, Rig, fresh_id, uuid

Json = dict[str, Any]


async def attach(rig: Rig, server: str, volume: str, mv: str = "2.1", **fields: Any) -> Answer:
    """Ask for a volume on a server."""
    body = {"volumeAttachment": {"volumeId": volume, **fields}}
    return await rig.call("POST", f"/servers/{server}/os-volume_attachments", body, mv=mv)


async def attached(rig: Rig, server: str, **fields: Any) -> str:
    """Have a volume attached; return its id."""
    volume = rig.world.volumes.own()
    assert (await attach(rig, server, volume, **fields)).status == 200
    await rig.run_sagas()
    await rig.end_jobs()
    assert rig.world.volumes.volumes[volume]["status"] == "in-use"
    return volume


async def detach(rig: Rig, server: str, volume: str) -> Answer:
    """Ask that a volume go."""
    return await rig.call("DELETE", f"/servers/{server}/os-volume_attachments/{volume}")


async def devices(rig: Rig, server: str) -> list[Json]:
    """Return what is listed."""
    found: list[Json] = (await rig.get(f"/servers/{server}/os-volume_attachments"))[
        "volumeAttachments"
    ]
    return found


async def end_last_job(rig: Rig, *said: str) -> None:
    """Let the last job succeed, saying so much about its devices."""
    cluster, job = list(rig.world.gateway.jobs.values())[-1]
    result = [[["disk/1", each] for each in said]]
    await rig.hear(
        JobObserved(cluster=cluster, epoch=1, job_id=job, status=JobStatus.SUCCESS, result=result)
    )
    await rig.run_sagas()


async def test_a_volume_is_reserved_with_the_answer_and_in_use_after_the_job(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own()
    answer = await attach(rig, server, volume)
    assert (answer.status, answer.body) == (
        200,
        {
            "volumeAttachment": {
                "id": volume, "volumeId": volume, "serverId": server, "device": "/dev/vdb",
            }
        },
    )  # fmt: skip
    assert rig.world.volumes.volumes[volume]["status"] == "reserved"
    await rig.run_sagas()
    (disk,) = rig.world.gateway.operations("disk.")
    assert (disk["operation"], disk["hotplug"]) == ("disk.add", True)
    assert disk["disk"]["parameters"] == {"volume": volume, "keep": "yes"}
    await end_last_job(rig, "add:size=1024,mode=rw", "hotplug:done")
    assert rig.world.volumes.volumes[volume]["status"] == "in-use"
    assert await rig.state(server) == ("ACTIVE", None)
    shown = await rig.show(server)
    assert shown["os-extended-volumes:volumes_attached"] == [
        {"id": volume, "delete_on_termination": False}
    ]
    actions = (await rig.get(f"/servers/{server}/os-instance-actions"))["instanceActions"]
    assert {each["action"]: each["message"] for each in actions}["attach_volume"] is None


async def test_a_stopped_server_gets_its_volume_without_hotplug(rig: Rig) -> None:
    server = await rig.active()
    await rig.observe(server, "ADMIN_down", job_id=500)
    await attached(rig, server)
    assert [each["hotplug"] for each in rig.world.gateway.operations("disk.")] == [False]


async def test_a_volume_that_the_guest_did_not_take_is_given_back(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own()
    await attach(rig, server, volume)
    await rig.run_sagas()
    await end_last_job(rig, "add:size=1024,mode=rw", "hotplug:failed")
    await rig.end_jobs()
    kinds = [each["operation"] for each in rig.world.gateway.operations("disk.")]
    assert kinds == ["disk.add", "disk.remove"]
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert (await devices(rig, server), rig.world.volumes.attachments) == ([], {})
    actions = (await rig.get(f"/servers/{server}/os-instance-actions"))["instanceActions"]
    assert {each["action"]: each["message"] for each in actions}["attach_volume"] == "Error"


async def test_a_volume_that_cannot_be_used_there_is_given_back(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own()
    rig.world.volumes.not_there = "it is on another cluster"
    await attach(rig, server, volume)
    await rig.run_sagas()
    assert rig.world.gateway.operations("disk.") == []
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert await devices(rig, server) == []


async def test_a_volume_of_another_template_is_not_added(rig: Rig) -> None:
    """Ganeti would make a new disk of the instance's own template, and not say so."""
    server, volume = await rig.active(), rig.world.volumes.own()
    rig.world.gateway.disk_template = "plain"
    await attach(rig, server, volume)
    await rig.run_sagas()
    assert rig.world.gateway.operations("disk.") == []
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert await devices(rig, server) == []


async def test_what_the_volume_service_refuses_leaves_nothing(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own(status="in-use")
    answer = await attach(rig, server, volume)
    assert answer.status == 400
    assert answer.body["badRequest"]["message"] == "Invalid volume: status is in-use"
    assert await devices(rig, server) == []
    assert await rig.sql("SELECT 1 FROM sagas WHERE ended_at IS NULL") == []


async def test_a_promise_nobody_heard_of_is_given_back(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own()
    rig.world.volumes.silent = True
    assert (await attach(rig, server, volume)).status == 503
    assert rig.world.volumes.volumes[volume]["status"] == "reserved"
    rig.world.volumes.silent = False
    await rig.run_sagas()
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert await devices(rig, server) == []
    assert rig.world.gateway.operations("disk.") == []


async def test_a_request_that_dies_before_it_reserves_is_followed_by_its_saga(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own()
    deps = rig.service.app[DEPS]
    actor = Actor(user_id="u", project_id=DEMO_PROJECT, request_id="req-died")
    wish = AttachWish(volume_id=volume)
    await attaching._begin_attach(deps.transaction, uuid(server), actor, wish)
    await rig.run_sagas()
    assert rig.world.volumes.attachments == {}  # the request might still be at it
    await rig.wake()
    await rig.run_sagas()
    await rig.end_jobs()
    assert rig.world.volumes.volumes[volume]["status"] == "in-use"


async def test_a_busy_cluster_is_asked_again(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own()
    await attach(rig, server, volume)
    await rig.run_sagas()
    await rig.fail_last_job(Failure.BUSY)
    await rig.forget_pauses()
    await rig.run_sagas()
    await rig.end_jobs()
    assert [each["operation"] for each in rig.world.gateway.operations("disk.")] == [
        "disk.add",
        "disk.add",
    ]
    assert rig.world.volumes.volumes[volume]["status"] == "in-use"


async def test_detaching_frees_the_volume(rig: Rig) -> None:
    server = await rig.active()
    volume = await attached(rig, server)
    assert (await detach(rig, server, volume)).status == 202
    assert (await detach(rig, server, volume)).status == 202
    await rig.run_sagas()
    assert rig.world.volumes.acted == [(volume, {"os-begin_detaching": {}})]
    await end_last_job(rig, "remove", "hotplug:done")
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert await devices(rig, server) == []
    assert (await detach(rig, server, volume)).status == 404


async def test_a_guest_that_holds_on_keeps_the_volume_until_it_stops(rig: Rig) -> None:
    server = await rig.active()
    volume = await attached(rig, server)
    await detach(rig, server, volume)
    await rig.run_sagas()
    await end_last_job(rig, "remove", "hotplug:failed")
    assert rig.world.volumes.acted[-1][1] == {"os-reset_status": {"status": "error_detaching"}}
    assert len(await devices(rig, server)) == 1
    await rig.observe(server, "ADMIN_down", job_id=500)
    await rig.wake()
    await rig.run_sagas()
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert await devices(rig, server) == []


async def test_a_detach_that_fails_leaves_the_volume_attached(rig: Rig) -> None:
    server = await rig.active()
    volume = await attached(rig, server)
    await detach(rig, server, volume)
    await rig.run_sagas()
    await rig.fail_last_job(Failure.ENVIRONMENT)
    assert rig.world.volumes.acted[-1][1] == {"os-roll_detaching": {}}
    assert len(await devices(rig, server)) == 1
    assert (await detach(rig, server, volume)).status == 202


async def test_deleting_a_server_frees_its_volumes_and_deletes_those_that_go_with_it(
    rig: Rig,
) -> None:
    server = await rig.active()
    kept = await attached(rig, server)
    gone = await attached(rig, server, mv="2.79", delete_on_termination=True)
    await rig.call("DELETE", f"/servers/{server}")
    await rig.run_sagas()
    await rig.end_jobs()
    assert rig.world.volumes.volumes[kept]["status"] == "available"
    assert gone not in rig.world.volumes.volumes
    assert rig.world.volumes.attachments == {}
    kinds = [each["operation"] for each in rig.world.gateway.operations()]
    assert kinds[-1] == "instance.delete"
    assert "disk.detach" not in kinds


async def test_native_volumes_are_taken_out_before_the_instance_goes(rig: Rig) -> None:
    rig.world.volumes.driver = "native"
    rig.world.gateway.disk_template = "plain"
    server = await rig.active()
    first, second = await attached(rig, server), await attached(rig, server)
    await rig.call("DELETE", f"/servers/{server}")
    await rig.run_sagas()
    await rig.end_jobs()
    operations = rig.world.gateway.operations()[-3:]
    assert [(each["operation"], each.get("disk")) for each in operations] == [
        ("disk.detach", first),
        ("disk.detach", second),
        ("instance.delete", None),
    ]
    assert rig.world.volumes.volumes[first]["status"] == "available"


async def test_deleting_a_server_takes_over_a_volume_on_its_way(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own()
    await attach(rig, server, volume)
    await rig.run_sagas()
    await rig.call("DELETE", f"/servers/{server}")
    await rig.run_sagas()
    await rig.end_jobs()
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert rig.world.volumes.attachments == {}
    assert (await rig.call("GET", f"/servers/{server}")).status == 404


async def test_a_delete_waits_for_the_step_that_runs_for_a_device(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own()
    await attach(rig, server, volume)
    await rig.sql(
        "UPDATE sagas SET leased_until = now() + interval '1 hour' WHERE ended_at IS NULL"
    )
    await rig.call("DELETE", f"/servers/{server}")
    await rig.run_sagas()
    assert rig.world.gateway.operations("instance.delete") == []
    await rig.sql("UPDATE sagas SET leased_until = now()")
    await rig.wake()
    await rig.run_sagas()
    assert len(rig.world.gateway.operations("instance.delete")) == 1


async def test_lists_take_one_statement(rig: Rig) -> None:
    server = await rig.active()
    for _each in range(3):
        await attached(rig, server)
    path = f"/servers/{server}/os-volume_attachments"
    assert await rig.statements_of(lambda: rig.get(path)) == 1
    assert await rig.statements_of(lambda: rig.get(f"/servers/{server}", mv="2.96")) == 1
    assert [each["device"] for each in await devices(rig, server)] == [
        "/dev/vdb",
        "/dev/vdc",
        "/dev/vdd",
    ]
    page = await rig.get(f"{path}?limit=1&offset=1")
    assert [each["device"] for each in page["volumeAttachments"]] == ["/dev/vdc"]


async def test_nobody_elses_server_or_volume_is_touched(rig: Rig) -> None:
    server, volume = await rig.active(), await attached(rig, await rig.active())
    path = f"/servers/{server}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": volume}}
    foreign = await rig.call("POST", path, body, who="other")
    unknown = await rig.call("POST", path.replace(server, fresh_id()), body, who="other")
    assert (foreign.status, unknown.status) == (404, 404)
    assert (await attach(rig, server, fresh_id())).status == 404
    assert (await rig.call("DELETE", f"{path}/{volume}")).status == 404


async def test_volumes_attached_at_once_have_names_of_their_own(rig: Rig) -> None:
    server = await rig.active()
    volumes = [rig.world.volumes.own() for _each in range(3)]
    answers = await asyncio.gather(*(attach(rig, server, each) for each in volumes))
    names = [answer.body["volumeAttachment"]["device"] for answer in answers]
    assert sorted(names) == ["/dev/vdb", "/dev/vdc", "/dev/vdd"]
    await rig.run_sagas()
    await rig.end_jobs()
    assert {each["status"] for each in rig.world.volumes.volumes.values()} == {"in-use"}
    assert len(await devices(rig, server)) == 3


async def test_a_volume_attached_twice_at_once_is_attached_once(rig: Rig) -> None:
    server, volume = await rig.active(), rig.world.volumes.own()
    answers = await asyncio.gather(*(attach(rig, server, volume) for _each in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400]
    assert len(await devices(rig, server)) == 1


async def test_a_volume_is_attached_or_the_server_deleted(rig: Rig) -> None:
    """Whoever comes first: in the end the volume is free and the server gone."""
    server, volume = await rig.active(), rig.world.volumes.own()
    await asyncio.gather(attach(rig, server, volume), rig.call("DELETE", f"/servers/{server}"))
    await rig.run_sagas()
    await rig.end_jobs()
    await rig.wake()
    await rig.run_sagas()
    await rig.end_jobs()
    assert rig.world.volumes.volumes[volume]["status"] == "available"
    assert rig.world.volumes.attachments == {}
    assert (await rig.call("GET", f"/servers/{server}")).status == 404
