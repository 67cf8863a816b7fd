"""A user's first server, through six processes and two simulated clusters."""

import pytest

from tests.parts.cloud import until
from tests.parts.site import DEMO, Site

pytestmark = pytest.mark.timeout(400)


def test_a_server_lives_and_ends(site: Site) -> None:
    server_id = site.create()
    shown = site.server(server_id)
    assert shown is not None
    assert shown["status"] == "BUILD"
    server = site.becomes(server_id, "ACTIVE")
    ((network, (address,)),) = server["addresses"].items()
    assert network == "e2e"
    assert address["addr"].startswith("10.99.")
    assert (server["OS-EXT-STS:vm_state"], server["OS-EXT-STS:power_state"]) == ("active", 1)
    ((number, name),) = site.instances(server_id)
    instance = site.rapi("GET", number, f"/2/instances/{name}")
    assert instance["nic.ips"] == [address["addr"]]
    assert instance["nic.macs"] == [address["OS-EXT-IPS-MAC:mac_addr"]]

    assert site.act(server_id, {"os-stop": None}).status_code == 202
    site.becomes(server_id, "SHUTOFF")
    assert site.rapi("GET", number, f"/2/instances/{name}")["status"] == "ADMIN_down"
    assert site.act(server_id, {"os-start": None}).status_code == 202
    site.becomes(server_id, "ACTIVE")
    assert site.act(server_id, {"reboot": {"type": "HARD"}}).status_code == 202
    site.becomes(server_id, "ACTIVE")

    actions = site.cloud.call(
        "GET", "compute", f"/v2.1/servers/{server_id}/os-instance-actions", who=DEMO
    ).json()["instanceActions"]
    assert sorted(each["action"] for each in actions) == ["create", "reboot", "start", "stop"]

    site.delete(server_id)
    assert site.instances(server_id) == []
    ports = site.cloud.call("GET", "network", f"/v2.0/ports?device_id={server_id}").json()["ports"]
    assert ports == []


def test_an_administrators_shutdown_shows_soon(site: Site) -> None:
    server_id = site.create()
    site.becomes(server_id, "ACTIVE")
    ((number, name),) = site.instances(server_id)
    job = site.rapi("PUT", number, f"/2/instances/{name}/shutdown", {})
    until(lambda: site.rapi("GET", number, f"/2/jobs/{job}")["end_ts"], 60, "the shutdown")
    site.becomes(server_id, "SHUTOFF", within=20)  # about a second, where nothing else runs
    site.rapi("PUT", number, f"/2/instances/{name}/startup", {})
    site.becomes(server_id, "ACTIVE", within=60)
    site.delete(server_id)


def test_an_instance_that_administrators_removed_is_an_error_that_can_be_deleted(
    site: Site,
) -> None:
    server_id = site.create()
    site.becomes(server_id, "ACTIVE")
    ((number, name),) = site.instances(server_id)
    site.rapi("DELETE", number, f"/2/instances/{name}")
    lost = site.becomes(server_id, "ERROR", within=90)
    assert "fault" in lost
    site.delete(server_id)


def test_servers_are_spread_over_the_clusters(site: Site) -> None:
    servers = [site.create() for _ in range(6)]
    for each in servers:
        site.becomes(each, "ACTIVE", within=60)
    places = {site.instances(each)[0][0] for each in servers}
    for each in servers:
        site.delete(each)
    assert places == {0, 1}


def test_deleting_a_server_that_is_being_built_leaves_nothing(site: Site) -> None:
    server_id = site.create()
    site.delete(server_id)
    until(lambda: site.instances(server_id) == [], 30, "the instance's end")
    ports = site.cloud.call("GET", "network", f"/v2.0/ports?device_id={server_id}").json()["ports"]
    assert ports == []
