"""A server's life, told end to end over PostgreSQL."""

from tests.integration.compute.rig import NETWORK, Rig


async def test_a_server_is_accepted_made_and_runs(rig: Rig) -> None:
    ident = await rig.create()
    assert await rig.state(ident) == ("BUILD", "scheduling")
    assert (await rig.show(ident))["addresses"] == {}
    assert not rig.world.calls, "nobody is asked before the 202"

    await rig.run_sagas()
    assert await rig.state(ident) == ("BUILD", "spawning")
    (operation,) = rig.world.gateway.operations()
    assert operation["instance"] == f"cyc-{ident}"
    assert operation["os_secrets"]["image_url"].startswith("http://images/")
    assert operation["nics"][0]["network"] == "cyc-subnet"

    await rig.end_jobs()
    shown = await rig.show(ident)
    assert (shown["status"], shown["OS-EXT-STS:power_state"]) == ("ACTIVE", 1)
    assert shown["addresses"]["private"][0]["addr"] == "10.0.0.1"
    assert shown["OS-SRV-USG:launched_at"] is not None
    (port,) = rig.world.network.ports.values()
    assert port["device_id"] == ident
    assert port["binding:host_id"] == "athens"


async def test_stop_start_reboot_and_delete(rig: Rig) -> None:
    ident = await rig.active()
    for action, task, status in (
        ("os-stop", "powering-off", "SHUTOFF"),
        ("os-start", "powering-on", "ACTIVE"),
    ):
        assert (await rig.act(ident, **{action: None})).status == 202
        assert (await rig.state(ident))[1] == task
        await rig.run_sagas()
        await rig.end_jobs()
        assert await rig.state(ident) == (status, None)
    assert (await rig.act(ident, reboot={"type": "HARD"})).status == 202
    assert await rig.state(ident) == ("HARD_REBOOT", "rebooting_hard")
    await rig.run_sagas()
    await rig.end_jobs()
    assert await rig.state(ident) == ("ACTIVE", None)

    assert (await rig.call("DELETE", f"/servers/{ident}")).status == 204
    assert await rig.state(ident) == ("ACTIVE", "deleting")
    await rig.run_sagas()
    await rig.end_jobs()
    assert (await rig.call("GET", f"/servers/{ident}")).status == 404
    assert rig.world.network.ports == {}
    done = await rig.get(f"/servers/{ident}/os-instance-actions", mv="2.84")
    assert [each["action"] for each in done["instanceActions"]] == [
        "delete", "reboot", "start", "stop", "create",
    ]  # fmt: skip
    last = await rig.get(
        f"/servers/{ident}/os-instance-actions/{done['instanceActions'][0]['request_id']}",
        mv="2.84",
    )
    (event,) = last["instanceAction"]["events"]
    assert (event["event"], event["result"]) == ("ganeti_OP_INSTANCE_REMOVE", "Success")


async def test_the_cloud_is_told(rig: Rig) -> None:
    ident = await rig.active()
    await rig.call("DELETE", f"/servers/{ident}")
    await rig.run_sagas()
    await rig.end_jobs()
    told = await rig.published()
    assert told[0]["verb"] == "created"
    assert told[-1]["verb"] == "deleted"
    assert [each["version"] for each in told] == list(range(len(told)))
    assert told[0]["document"]["id"] == ident
    assert NETWORK not in str(told[0]["document"]), "hosts and wishes stay with us"
