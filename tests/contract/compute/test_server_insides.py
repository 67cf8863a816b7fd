"""What is seen of a server's inside, and reports that are always the same."""

from typing import Any

from tests.contract.compute.asking import answered_otherwise
from tests.integration.compute.rig import Rig, fresh_id


async def test_diagnostics_tell_what_is_known(rig: Rig) -> None:
    server = await rig.active(config_drive=True)
    path = f"/servers/{server}/diagnostics"
    found = await rig.get(path, who="admin", mv="2.48")
    assert (found["state"], found["num_cpus"], found["num_nics"]) == ("running", 1, 1)
    assert found["memory_details"] == {"maximum": 2048, "used": None}
    assert found["config_drive"] is True
    (nic,) = found["nic_details"]
    assert nic["mac_address"].startswith("fa:16:3e:")
    assert {each for name, each in nic.items() if name != "mac_address"} == {None}
    assert (await rig.get(path, who="admin", mv="2.47"))["vcpus"] == 1
    await rig.observe(server, "ADMIN_down", job_id=500)
    assert (await rig.get(path, who="admin", mv="2.48"))["state"] == "shutdown"


async def test_a_server_being_built_has_no_diagnostics(rig: Rig) -> None:
    server = await rig.create()
    calls = [("GET", f"/servers/{server}/diagnostics", None)]
    assert await answered_otherwise(rig, 409, calls, who="admin", mv="2.48") == []
    assert await answered_otherwise(rig, 403, calls, mv="2.48") == []


async def test_there_is_no_topology(rig: Rig) -> None:
    server = await rig.active()
    path = f"/servers/{server}/topology"
    assert await rig.get(path, mv="2.78") == {"nodes": [], "pagesize_kb": None}
    assert await answered_otherwise(rig, 404, [("GET", path, None)], mv="2.77") == []
    assert await answered_otherwise(rig, 404, [("GET", path, None)], who="other", mv="2.78") == []


async def test_guests_post_no_passwords(rig: Rig) -> None:
    server = await rig.active(adminPass="open sesame")
    path = f"/servers/{server}/os-server-password"
    assert await rig.get(path) == {"password": ""}
    assert (await rig.call("DELETE", path)).status == 204
    calls = [("GET", path, None), ("DELETE", path, None)]
    assert await answered_otherwise(rig, 404, calls, who="other") == []
    assert await answered_otherwise(rig, 403, calls[1:], who="reader") == []


async def test_neighbours_tell_of_servers(rig: Rig) -> None:
    server, gone = await rig.active(), fresh_id()
    path = "/os-server-external-events"
    event = {"name": "network-changed", "server_uuid": server, "tag": "x"}
    told = await rig.call("POST", path, {"events": [event]}, who="admin")
    assert (told.status, told.body) == (
        200, {"events": [event | {"status": "completed", "code": 200}]},
    )  # fmt: skip
    both = {"events": [event, event | {"server_uuid": gone, "status": "completed"}]}
    mixed = await rig.call("POST", path, both, who="admin")
    assert (mixed.status, [each["code"] for each in mixed.body["events"]]) == (207, [200, 404])
    nobody = [("POST", path, {"events": [event | {"server_uuid": gone}]})]
    assert await answered_otherwise(rig, 404, nobody, who="admin") == []
    assert await answered_otherwise(rig, 403, [("POST", path, {"events": [event]})]) == []
    bodies: list[Any] = [{}, {"events": []}, {"events": [{}]}, {"events": [event | {"name": "x"}]},
              {"events": [event | {"name": "power-update"}]}, {"events": [event | {"x": 1}]},
              {"events": [event | {"status": "odd"}]}, [],
              {"events": [event | {"server_uuid": "x"}]}]  # fmt: skip
    calls = [("POST", path, body) for body in bodies]
    assert await answered_otherwise(rig, 400, calls, who="admin", mv="2.75") == []
    newer = {"events": [event | {"name": "power-update", "tag": "POWER_OFF"}]}
    assert (await rig.call("POST", path, newer, who="admin", mv="2.76")).status == 200


async def test_no_audit_of_usage_was_made(bare: Rig) -> None:
    path = "/os-instance_usage_audit_log"
    found = (await bare.get(f"{path}/2026-03-15 12:00:00", who="admin"))["instance_usage_audit_log"]
    assert (found["period_beginning"], found["period_ending"]) == (
        "2026-02-01 00:00:00", "2026-03-01 00:00:00",
    )  # fmt: skip
    assert found["total_instances"] == 0
    assert "instance_usage_audit_logs" in await bare.get(path, who="admin")
    wrong = [("GET", f"{path}/{text}", None) for text in ("yesterday", "%00", "2026-02-30")]
    assert await answered_otherwise(bare, 400, wrong, who="admin") == []
    assert await answered_otherwise(bare, 403, [("GET", path, None)]) == []


async def test_what_nobody_can_have_written_is_refused(rig: Rig) -> None:
    server = await rig.active()
    path = f"/servers/{server}"
    bad: list[Any] = [
        ("PUT", f"{path}/tags/%00", None),
        ("GET", f"{path}/os-instance-actions?marker=%00", None),
    ]
    assert await answered_otherwise(rig, 400, bad, mv="2.96") == []
    missing = [("GET", f"{path}/os-instance-actions/%00", None)]
    assert await answered_otherwise(rig, 404, missing, mv="2.96") == []
