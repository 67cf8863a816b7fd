"""Actions, metadata, tags and the rest below one server."""

from typing import Any, Final

from services.compute.api.actions.unbuilt import UNBUILT
from tests.integration.compute.rig import IMAGE, NETWORK, Rig, fresh_id

REFUSED: Final[list[tuple[Any, int, str]]] = [
    ({"os-start": None}, 409, "conflictingRequest"),
    ({"os-sing": None}, 400, "badRequest"),
    ({"os-stop": None, "os-start": None}, 400, "badRequest"),
    ({}, 400, "badRequest"),
    ([], 400, "badRequest"),
    ({"reboot": {}}, 400, "badRequest"),
    ({"reboot": {"type": "WARM"}}, 400, "badRequest"),
    ({"reboot": {"type": "SOFT", "x": 1}}, 400, "badRequest"),
    ({"os-stop": {"x": 1}}, 400, "badRequest"),
    ({"pause": None}, 501, "notImplemented"),
    ({"suspend": None}, 400, "badRequest"),
    ({"resize": {"flavorRef": "2"}}, 400, "badRequest"),
]


async def test_refusals_speak_novas_dialect(rig: Rig) -> None:
    ident = await rig.active()
    for body, status, fault in REFUSED:
        answer = await rig.call("POST", f"/servers/{ident}/action", body)
        assert (answer.status, list(answer.body)) == (status, [fault]), body
    assert await rig.state(ident) == ("ACTIVE", None)


async def test_the_refusal_of_a_state_says_so_as_nova_does(rig: Rig) -> None:
    ident = await rig.active()
    answer = await rig.act(ident, **{"os-start": None})
    assert answer.body["conflictingRequest"]["message"] == (
        f"Cannot 'start' instance {ident} while it is in vm_state active"
    )
    await rig.act(ident, **{"os-stop": None})
    answer = await rig.act(ident, reboot={"type": "HARD"})
    assert answer.body["conflictingRequest"]["message"] == (
        f"Cannot 'reboot' instance {ident} while it is in task_state powering-off"
    )


async def test_every_action_nova_knows_gets_a_sentence(rig: Rig) -> None:
    ident = await rig.active()
    for name, unbuilt in UNBUILT.items():
        answer = await rig.call(
            "POST", f"/servers/{ident}/action", {name: None}, mv=f"2.{max(unbuilt.since, 1)}"
        )
        ((_, fault),) = answer.body.items()
        assert answer.status in {400, 501}, name
        assert fault["message"].startswith(f"The action {name} ")
    gone = await rig.call("POST", f"/servers/{ident}/action", {"addFloatingIp": {}}, mv="2.44")
    assert gone.status == 404


async def test_readers_only_look(rig: Rig) -> None:
    ident = await rig.active()
    assert (await rig.call("GET", f"/servers/{ident}", who="reader")).status == 200
    for method, path, body in (
        ("POST", "/action", {"os-stop": None}),
        ("DELETE", "", None),
        ("PUT", "", {"server": {"name": "x"}}),
        ("POST", "/metadata", {"metadata": {}}),
    ):
        answer = await rig.call(method, f"/servers/{ident}{path}", body, who="reader")
        assert answer.status == 403


async def test_a_server_may_be_renamed_and_described(rig: Rig) -> None:
    ident = await rig.active()
    change = {"server": {"name": "new", "description": "d", "accessIPv4": "192.0.2.1"}}
    answer = await rig.call("PUT", f"/servers/{ident}", change, mv="2.96")
    assert answer.status == 200
    assert answer.body["server"] == await rig.show(ident)
    assert answer.body["server"]["name"] == "new"
    old = await rig.call("PUT", f"/servers/{ident}", {"server": {"name": "old"}}, mv="2.1")
    assert "key_name" not in old.body["server"]
    assert old.body["server"]["flavor"]["id"] == "1"
    cleared = {"server": {"description": None}}
    answer = await rig.call("PUT", f"/servers/{ident}", cleared, mv="2.96")
    assert answer.body["server"]["description"] is None


async def test_other_changes_are_refused(rig: Rig) -> None:
    ident = await rig.create()
    for change in (
        {"name": ""},
        {"name": None, "x": 1},
        {"flavor": "2"},
        {"accessIPv6": "1.2.3.4"},
    ):
        answer = await rig.call("PUT", f"/servers/{ident}", {"server": change}, mv="2.96")
        assert answer.status == 400, change
    early = await rig.call("PUT", f"/servers/{ident}", {"server": {"description": "d"}}, mv="2.18")
    assert early.status == 400


async def test_metadata_may_be_added_replaced_and_dropped(rig: Rig) -> None:
    ident = await rig.create(metadata={"a": "1"})
    url = f"/servers/{ident}/metadata"
    added = await rig.call("POST", url, {"metadata": {"b": "2"}})
    assert added.body == {"metadata": {"a": "1", "b": "2"}}
    one = await rig.call("PUT", f"{url}/a", {"meta": {"a": "3"}})
    assert one.body == {"meta": {"a": "3"}}
    assert await rig.get(f"{url}/a") == {"meta": {"a": "3"}}
    assert (await rig.call("PUT", f"{url}/a", {"meta": {"b": "3"}})).status == 400
    assert (await rig.call("DELETE", f"{url}/a")).status == 204
    assert (await rig.call("DELETE", f"{url}/a")).status == 404
    assert (await rig.call("GET", f"{url}/a")).status == 404
    replaced = await rig.call("PUT", url, {"metadata": {"c": "4"}})
    assert replaced.body == await rig.get(url) == {"metadata": {"c": "4"}}
    many = {"metadata": {f"k{at}": "v" for at in range(128)}}
    assert (await rig.call("POST", url, many)).status == 403
    assert (await rig.show(ident))["metadata"] == {"c": "4"}


async def test_tags_are_there_since_2_26(rig: Rig) -> None:
    ident = await rig.create()
    url = f"/servers/{ident}/tags"
    assert (await rig.call("GET", url, mv="2.25")).status == 404
    new = await rig.call("PUT", f"{url}/red", mv="2.26")
    assert new.status == 201
    assert new.headers["Location"].endswith(f"{url}/red")
    assert (await rig.call("PUT", f"{url}/red", mv="2.26")).status == 204
    assert (await rig.call("GET", f"{url}/red", mv="2.26")).status == 204
    assert (await rig.call("GET", f"{url}/blue", mv="2.26")).status == 404
    both = await rig.call("PUT", url, {"tags": ["a", "b", "a"]}, mv="2.26")
    assert both.body == await rig.get(url, mv="2.26") == {"tags": ["a", "b"]}
    assert (await rig.call("PUT", f"{url}/a,b", mv="2.26")).status == 400
    assert (await rig.call("DELETE", f"{url}/a", mv="2.26")).status == 204
    assert (await rig.call("DELETE", f"{url}/a", mv="2.26")).status == 404
    assert (await rig.call("DELETE", url, mv="2.26")).status == 204
    assert await rig.get(url, mv="2.26") == {"tags": []}
    await rig.call("PUT", url, {"tags": [f"t{at}" for at in range(50)]}, mv="2.26")
    assert (await rig.call("PUT", f"{url}/more", mv="2.26")).status == 400


async def test_addresses_interfaces_groups_and_volumes(rig: Rig) -> None:
    ident = await rig.active()
    (port,) = rig.world.network.ports.values()
    url = f"/servers/{ident}"
    brief = [{"version": 4, "addr": "10.0.0.1"}]
    assert await rig.get(f"{url}/ips") == {"addresses": {"private": brief}}
    assert await rig.get(f"{url}/ips/private") == {"private": brief}
    assert (await rig.call("GET", f"{url}/ips/nope")).status == 404
    wanted = {
        "net_id": NETWORK,
        "port_id": port["id"],
        "mac_addr": port["mac_address"],
        "port_state": "DOWN",
        "fixed_ips": [{"subnet_id": port["fixed_ips"][0]["subnet_id"], "ip_address": "10.0.0.1"}],
    }
    assert await rig.get(f"{url}/os-interface") == {"interfaceAttachments": [wanted]}
    shown = await rig.get(f"{url}/os-interface/{port['id']}", mv="2.70")
    assert shown == {"interfaceAttachment": wanted | {"tag": None}}
    assert (await rig.call("GET", f"{url}/os-interface/{fresh_id()}")).status == 404
    assert await rig.get(f"{url}/os-volume_attachments") == {"volumeAttachments": []}
    groups = (await rig.get(f"{url}/os-security-groups"))["security_groups"]
    assert [each["name"] for each in groups] == ["default"]


async def test_instance_actions_by_microversion(rig: Rig) -> None:
    ident = await rig.active()
    url = f"/servers/{ident}/os-instance-actions"
    (action,) = (await rig.get(url))["instanceActions"]
    assert set(action) == {
        "action", "instance_uuid", "request_id", "user_id", "project_id", "start_time", "message",
    }  # fmt: skip
    one = f"{url}/{action['request_id']}"
    assert "events" not in (await rig.get(one))["instanceAction"]
    (event,) = (await rig.get(one, mv="2.51"))["instanceAction"]["events"]
    assert set(event) == {"event", "start_time", "finish_time", "result"}
    (event,) = (await rig.get(one, mv="2.84", who="admin"))["instanceAction"]["events"]
    assert set(event) == {
        "event", "start_time", "finish_time", "result", "traceback", "hostId", "host", "details",
    }  # fmt: skip
    assert (event["event"], event["host"]) == ("ganeti_OP_INSTANCE_CREATE", "athens")
    assert (await rig.call("GET", f"{url}/req-nope")).status == 404
    assert (await rig.call("GET", f"{url}?marker=req-nope", mv="2.58")).status == 400
    await rig.act(ident, **{"os-stop": None})
    page = await rig.get(f"{url}?limit=1", mv="2.58")
    assert [each["action"] for each in page["instanceActions"]] == ["stop"]
    assert "marker=" in page["links"][0]["href"]


async def test_the_image_of_a_server_is_a_link(rig: Rig) -> None:
    ident = await rig.create()
    image = (await rig.show(ident))["image"]
    assert image["id"] == IMAGE
    assert image["links"][0]["href"].endswith(f"/images/{IMAGE}")


async def test_answers_name_their_microversion(rig: Rig) -> None:
    answer = await rig.call("GET", "/servers", mv="2.60")
    assert answer.headers["OpenStack-API-Version"] == "compute 2.60"
    assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.60"
    beyond = await rig.call("GET", "/servers", mv="2.999")
    assert beyond.status == 406
    assert list(beyond.body) == ["computeFault"]


async def test_a_nul_in_an_address_is_no_name_of_anything(rig: Rig) -> None:
    ident = await rig.active()
    url = f"/servers/{ident}"
    for method, path, status in (
        ("PUT", "/tags/%00", 400),
        ("GET", "/tags/%00", 404),
        ("DELETE", "/tags/%00", 404),
        ("GET", "/os-instance-actions/%00", 404),
        ("GET", "/os-instance-actions?marker=%00", 400),
    ):
        assert (await rig.call(method, url + path, mv="2.60")).status == status, path
