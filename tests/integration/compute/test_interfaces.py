"""Interfaces come onto servers and go again, and their ports with them."""

from typing import Any

from shared.contracts.ganeti import Failure, JobObserved, JobStatus
from shared.testing.identity import DEMO_PROJECT
from tests.integration.compute.rig import NETWORK, Answer, Rig, fresh_id, port_changed

Json = dict[str, Any]


async def attach(rig: Rig, server: str, mv: str = "2.1", **fields: Any) -> Answer:
    """Ask for an interface."""
    body = {"interfaceAttachment": fields}
    return await rig.call("POST", f"/servers/{server}/os-interface", body, mv=mv)


async def attached(rig: Rig, server: str, **fields: Any) -> str:
    """Have an interface; return its port."""
    answer = await attach(rig, server, **(fields or {"net_id": NETWORK}))
    assert answer.status == 200, answer.body
    await rig.run_sagas()
    await rig.end_jobs()
    port: str = answer.body["interfaceAttachment"]["port_id"]
    return port


async def detach(rig: Rig, server: str, port: str) -> Answer:
    """Ask that an interface go."""
    return await rig.call("DELETE", f"/servers/{server}/os-interface/{port}")


async def ports(rig: Rig, server: str) -> list[str]:
    """Return the ports that are listed."""
    listed = await rig.get(f"/servers/{server}/os-interface")
    return [each["port_id"] for each in listed["interfaceAttachments"]]


async def end_last_job(rig: Rig, *said: str) -> None:
    """Let the last job succeed, saying so much about its devices."""
    cluster, job = list(rig.world.gateway.jobs.values())[-1]
    result = [[["nic.0/1", each] for each in said]]
    await rig.hear(
        JobObserved(cluster=cluster, epoch=1, job_id=job, status=JobStatus.SUCCESS, result=result)
    )
    await rig.run_sagas()


async def test_an_interface_has_its_port_with_the_answer_and_its_nic_after_the_job(
    rig: Rig,
) -> None:
    server = await rig.active()
    answer = await attach(rig, server, mv="2.70", net_id=NETWORK, tag="second")
    shown = answer.body["interfaceAttachment"]
    assert (answer.status, shown["net_id"], shown["tag"]) == (200, NETWORK, "second")
    port = rig.world.network.ports[shown["port_id"]]
    assert (port["device_id"], port["binding:host_id"]) == (server, "athens")
    assert len(await ports(rig, server)) == 2
    await rig.run_sagas()
    (added,) = rig.world.gateway.operations("nic.")
    assert (added["operation"], added["hotplug"]) == ("nic.add", True)
    assert added["nic"]["name"] == shown["port_id"]
    await end_last_job(rig, "add:mac=…", "hotplug:done")
    assert len((await rig.show(server))["addresses"]["private"]) == 2


async def test_the_only_network_is_taken_when_none_is_named(rig: Rig) -> None:
    server = await rig.active()
    answer = await rig.call("POST", f"/servers/{server}/os-interface", {})
    assert answer.status == 200
    second = fresh_id()
    rig.world.network.networks[second] = {
        "id": second, "name": "other", "project_id": DEMO_PROJECT, "shared": False,
    }  # fmt: skip
    answer = await rig.call("POST", f"/servers/{server}/os-interface", {})
    assert answer.status == 400
    assert answer.body["badRequest"]["message"].startswith("Multiple possible networks found")


async def test_a_port_made_for_the_server_goes_with_the_interface(rig: Rig) -> None:
    server = await rig.active()
    port = await attached(rig, server)
    assert (await detach(rig, server, port)).status == 202
    assert (await detach(rig, server, port)).status == 202
    await rig.run_sagas()
    assert len(await ports(rig, server)) == 2
    await end_last_job(rig, "remove", "hotplug:done")
    assert len(await ports(rig, server)) == 1
    assert port not in rig.world.network.ports
    assert (await detach(rig, server, port)).status == 404


async def test_a_port_of_the_users_is_bound_and_let_go(rig: Rig) -> None:
    first, second = await rig.active(), await rig.active()
    port = rig.world.network.own_port(DEMO_PROJECT, NETWORK)
    assert await attached(rig, first, port_id=port["id"]) == port["id"]
    answer = await attach(rig, second, port_id=port["id"])
    assert answer.status == 409
    await detach(rig, first, port["id"])
    await rig.run_sagas()
    await rig.end_jobs()
    assert rig.world.network.ports[port["id"]]["device_id"] == ""
    assert await attached(rig, second, port_id=port["id"]) == port["id"]
    assert rig.world.network.ports[port["id"]]["device_id"] == second


async def test_late_news_of_a_port_takes_no_interface_away(rig: Rig) -> None:
    """The port was free a moment ago; who says so speaks of what is over."""
    server = await rig.active()
    own = rig.world.network.own_port(DEMO_PROJECT, NETWORK) | {"revision_number": 7}
    rig.world.network.ports[own["id"]] = own
    port = await attached(rig, server, port_id=own["id"])
    await rig.hear(port_changed(own | {"device_id": ""}, 6))
    assert port in await ports(rig, server)


async def test_an_interface_that_the_guest_did_not_take_is_given_back(rig: Rig) -> None:
    server = await rig.active()
    answer = await attach(rig, server, net_id=NETWORK)
    await rig.run_sagas()
    await end_last_job(rig, "add:mac=…", "hotplug:failed")
    await rig.end_jobs()
    kinds = [each["operation"] for each in rig.world.gateway.operations("nic.")]
    assert kinds == ["nic.add", "nic.remove"]
    assert answer.body["interfaceAttachment"]["port_id"] not in rig.world.network.ports
    assert len(await ports(rig, server)) == 1


async def test_what_the_network_service_refuses_leaves_nothing(rig: Rig) -> None:
    server = await rig.active()
    rig.world.network.refuse_ports = 409
    assert (await attach(rig, server, net_id=NETWORK)).status == 400
    fixed: Json = {"net_id": NETWORK, "fixed_ips": [{"ip_address": "10.0.0.9"}]}
    assert (await attach(rig, server, **fixed)).status == 409
    assert len(await ports(rig, server)) == 1
    assert (await attach(rig, server, net_id=fresh_id())).status == 404
    assert (await attach(rig, server, port_id=fresh_id())).status == 404


async def test_a_detach_that_fails_leaves_the_interface(rig: Rig) -> None:
    server = await rig.active()
    port = await attached(rig, server)
    await detach(rig, server, port)
    await rig.run_sagas()
    await rig.fail_last_job(Failure.ENVIRONMENT)
    assert port in await ports(rig, server)
    assert (await detach(rig, server, port)).status == 202


async def test_the_nic_goes_when_its_owner_deletes_the_port(rig: Rig) -> None:
    server = await rig.active()
    port = await attached(rig, server)
    document = rig.world.network.ports.pop(port)
    await rig.hear(port_changed(document, 9, verb="deleted"))
    assert port not in await ports(rig, server)
    await rig.run_sagas()
    await rig.end_jobs()
    removed = rig.world.gateway.operations("nic.remove")
    assert [each["nic"] for each in removed] == [port]


async def test_a_busy_server_keeps_its_interfaces(rig: Rig) -> None:
    server = await rig.active()
    await rig.act(server, **{"os-stop": None})
    answer = await attach(rig, server, net_id=NETWORK)
    assert answer.status == 409
    assert "task_state powering-off" in answer.body["conflictingRequest"]["message"]
    assert len(rig.world.network.ports) == 1


async def test_an_interface_on_its_way_in_is_detached_at_once(rig: Rig) -> None:
    server = await rig.active()
    answer = await attach(rig, server, net_id=NETWORK)
    port = answer.body["interfaceAttachment"]["port_id"]
    await rig.run_sagas()
    assert (await detach(rig, server, port)).status == 202
    await rig.run_sagas()
    await rig.end_jobs()
    kinds = [each["operation"] for each in rig.world.gateway.operations("nic.")]
    assert kinds == ["nic.add", "nic.remove"]
    assert port not in await ports(rig, server)
    assert port not in rig.world.network.ports


async def test_a_port_that_only_its_owner_knows_of_outlives_the_server(rig: Rig) -> None:
    server = await rig.active()
    port = rig.world.network.own_port(DEMO_PROJECT, NETWORK)
    port["device_id"] = server  # whoever bound it did not live to say so
    await rig.call("DELETE", f"/servers/{server}")
    await rig.run_sagas()
    await rig.end_jobs()
    assert (await rig.call("GET", f"/servers/{server}")).status == 404
    assert list(rig.world.network.ports) == [port["id"]]
    assert port["device_id"] == ""
