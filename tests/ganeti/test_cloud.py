"""A user's servers on two real clusters, and their administrators beside them."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.ganeti.real_site import RealSite
from tests.ganeti.rig import Rapi

pytestmark = pytest.mark.timeout(600)

MIB: Final = 1 << 20
ZONES: Final = ("cluster1", "cluster2")
SOON: Final = 10  # seconds, on a busy machine: what administrators do shows by then


@pytest.mark.parametrize("zone", ZONES)
def test_a_server_lives_and_ends(cloud_site: RealSite, zone: str) -> None:
    site = cloud_site.site
    server_id, name = cloud_site.create(zone)
    server = site.server(server_id)
    assert server is not None
    assert server["OS-EXT-AZ:availability_zone"] == zone
    ((network, (address,)),) = server["addresses"].items()
    assert network == "e2e"
    info = cloud_site.info(zone, name)
    assert f"IP: {address['addr']}\n" in info
    assert f"MAC: {address['OS-EXT-IPS-MAC:mac_addr']}\n" in info
    assert "State: configured to be up, actual state is up" in info

    assert site.act(server_id, {"os-stop": None}).status_code == 202
    site.becomes(server_id, "SHUTOFF")
    assert "configured to be down, actual state is down" in cloud_site.info(zone, name)
    assert site.act(server_id, {"os-start": None}).status_code == 202
    site.becomes(server_id, "ACTIVE")
    for kind in ("SOFT", "HARD"):
        assert site.act(server_id, {"reboot": {"type": kind}}).status_code == 202
        site.becomes(server_id, "ACTIVE")
    assert "configured to be up, actual state is up" in cloud_site.info(zone, name)
    assert cloud_site.actions(server_id) == ["create", "stop", "start", "reboot", "reboot"]

    site.delete(server_id)
    assert site.instances(server_id) == []
    ports = site.cloud.call("GET", "network", f"/v2.0/ports?device_id={server_id}").json()["ports"]
    assert ports == []


def test_the_openstack_command_makes_and_shows_a_server(
    cloud_site: RealSite, tmp_path: Path
) -> None:
    def typed(words: str) -> Any:
        return cloud_site.openstack(*words.split())

    typed(f"keypair create --private-key {tmp_path}/key typed")
    wanted = "--flavor e2e --image e2e --network e2e --key-name typed"
    made = typed(f"server create {wanted} --availability-zone cluster2 --wait -f json typed")
    assert made["status"] == "ACTIVE"
    assert made["id"] in cloud_site.info("cluster2", f"cyc-{made['id']}")
    events = typed("server event list -f json typed")
    assert [each["Action"] for each in events] == ["create"]
    typed("server delete --wait typed")
    assert cloud_site.site.instances(made["id"]) == []


@pytest.mark.parametrize("zone", ZONES)
def test_what_administrators_do_to_an_instance_shows(cloud_site: RealSite, zone: str) -> None:
    site, cluster = cloud_site.site, cloud_site.clusters[zone]
    server_id, name = cloud_site.create(zone)
    cluster.gnt("gnt-instance", "shutdown", "--timeout=0", name)
    site.becomes(server_id, "SHUTOFF", within=SOON)
    cluster.gnt("gnt-instance", "startup", name)
    site.becomes(server_id, "ACTIVE", within=SOON)

    cluster.gnt("gnt-instance", "remove", "--force", "--shutdown-timeout=0", name)
    lost = site.becomes(server_id, "ERROR", within=SOON)
    assert "vanished" in lost["fault"]["message"]
    site.delete(server_id)


def test_a_create_whose_answer_is_lost_makes_one_instance(cloud_site: RealSite) -> None:
    """Once taken, it is found by its job: long before the wait that ends in sending it again."""
    site, zone, proxy = cloud_site.site, cloud_site.proxied, cloud_site.proxy
    lost_before = len(proxy.lost)
    proxy.lose_answers("POST", "/2/instances")
    server_id, name = cloud_site.create(zone)
    (answer,) = proxy.lost[lost_before:]
    assert answer.startswith(b"HTTP/1.1 200 ")
    with Rapi(cloud_site.clusters[zone]) as rapi:
        jobs = rapi.get("/2/jobs?bulk=1")
    creates = [job for job in jobs if job["summary"] == [f"INSTANCE_CREATE({name})"]]
    assert [(job["id"], job["status"]) for job in creates] == [
        (int(answer.rpartition(b"\r\n")[2]), "success")
    ]
    site.delete(server_id)


def raw_image() -> bytes:
    """Data, a hole, data: different every time, so that no cache knows it."""
    return os.urandom(MIB) + b"\0" * MIB + os.urandom(MIB)


def as_it_is(raw: bytes, _folder: Path) -> bytes:
    return raw


def as_qcow2(raw: bytes, folder: Path) -> bytes:
    (folder / "raw").write_bytes(raw)
    convert = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", "raw", "qcow2"]
    subprocess.run(convert, cwd=folder, check=True)
    return (folder / "qcow2").read_bytes()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("disk_format", "stored"), [("raw", as_it_is), ("qcow2", as_qcow2)])
def test_the_disk_of_a_server_begins_with_its_image(
    cloud_site: RealSite,
    tmp_path: Path,
    zone: str,
    disk_format: str,
    stored: Callable[[bytes, Path], bytes],
) -> None:
    raw = raw_image()
    image = cloud_site.upload(disk_format, stored(raw, tmp_path))
    server_id, name = cloud_site.create(zone, imageRef=image)
    disk = cloud_site.disk(zone, name)
    assert disk.stat().st_size == 1024 * MIB
    with disk.open("rb") as opened:
        assert opened.read(len(raw)) == raw
        assert opened.read(MIB) == b"\0" * MIB
    cloud_site.site.delete(server_id)


def test_the_signed_address_of_an_image_is_written_down_nowhere(cloud_site: RealSite) -> None:
    zone = ZONES[0]
    server_id, name = cloud_site.create(zone)
    assert "sig=" not in cloud_site.info(zone, name)
    files = cloud_site.clusters[zone].node_files.values()
    written = [file for root in files for file in (root / "lib").rglob("*") if file.is_file()]
    assert any(server_id.encode() in file.read_bytes() for file in written), "it is looked for"
    assert [str(file) for file in written if b"sig=" in file.read_bytes()] == []
    cloud_site.site.delete(server_id)
