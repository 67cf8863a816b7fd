"""A user's day with servers that have real guests; each step seen in Ganeti's own view."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.ganeti.machines import guest
from tests.ganeti.machines.servers import NEWEST, WHILE, Servers
from tests.parts.cloud import until

pytestmark = pytest.mark.timeout(900)

MIB = 1 << 20


def content(servers: Servers, name: str, length: int) -> bytes:
    with servers.volume_file(name).open("rb") as file:
        return file.read(length)


def device_of(servers: Servers, volume_id: str) -> str:
    """The device of a volume, on the only node that has one."""
    record = json.loads(servers.volume_file(f"{volume_id}.json").read_text())
    (disk,) = record["disks"]
    known = json.loads((servers.cluster.storage / "disks" / f"{disk}.json").read_text())
    (mapping,) = known["nodes"].values()
    return str(mapping["device"])


@pytest.fixture(scope="module")
def server(servers: Servers) -> str:
    """The server this story is about, with a key and user data."""
    keypair = {"keypair": {"name": "story"}}
    servers.call("POST", "compute", "/v2.1/os-keypairs", keypair)
    return servers.create(key_name="story", user_data="I2Nsb3VkLWNvbmZpZwo=", config_drive=True)


def test_a_server_boots_its_image_and_finds_who_it_is(servers: Servers, server: str) -> None:
    assert servers.root(server).read_bytes()[:MIB] == guest.image()
    servers.says(server)
    instance = servers.instance(server)
    assert instance["disk_template"] == "ext"
    drive = servers.volume_file(instance["disk.names"][-1])
    read = ["isoinfo", "-i", str(drive), "-R", "-x", "/openstack/latest/meta_data.json"]
    facts = json.loads(subprocess.run(read, capture_output=True, check=True).stdout)
    assert facts["uuid"] == server
    key = servers.call("GET", "compute", "/v2.1/os-keypairs/story")["keypair"]["public_key"]
    assert facts["public_keys"]["story"].split() == key.split()
    assert "Cgo=" not in servers.info(server)


def test_its_screen_is_shown_through_the_proxy(servers: Servers, server: str) -> None:
    wanted = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
    path = f"/v2.1/servers/{server}/remote-consoles"
    told = servers.call("POST", "compute", path, wanted, headers=NEWEST)
    url = told["remote_console"]["url"]
    base, _, query = url.partition("/vnc")
    token = query.partition("token%3D")[2].partition("&")[0] or query.partition("token=")[2]

    async def first_words() -> bytes:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"{base}/?token={token}", origin=base, protocols=("binary",)
            ) as screen,
        ):
            message = await screen.receive(timeout=20)
            return bytes(message.data)

    assert asyncio.run(first_words()) == b"RFB 003.008\n"


def test_a_server_is_resized_and_confirmed(servers: Servers, server: str) -> None:
    servers.act(server, {"resize": {"flavorRef": "large"}})
    servers.becomes(server, "VERIFY_RESIZE")
    servers.act(server, {"confirmResize": None})
    servers.becomes(server, "ACTIVE")
    beparams = servers.instance(server)["beparams"]
    assert (beparams["vcpus"], beparams["maxmem"]) == (2, 64)
    assert servers.root(server).stat().st_size == 2048 * MIB
    servers.says(server)


def test_an_image_of_a_running_server_is_its_first_disk(servers: Servers, server: str) -> None:
    servers.act(server, {"createImage": {"name": "taken"}})
    images = "/v2/images?name=taken"

    def active() -> dict[str, Any] | None:
        (image,) = servers.call("GET", "image", images)["images"] or [{"status": "none"}]
        assert image["status"] != "killed"
        return image if image["status"] == "active" else None

    image = until(active, WHILE, "the image to be active")
    path = f"/v2/images/{image['id']}"
    answer = servers.real.site.cloud.call("GET", "image", f"{path}/file")
    assert guest.SAYS.encode() in answer.content
    servers.becomes(server, "ACTIVE")
    assert servers.instance(server)["status"] == "running"
    again = servers.create(imageRef=image["id"], flavorRef="large")
    servers.says(again)
    servers.delete(again)
    servers.call("DELETE", "image", path)


def test_a_server_is_rebuilt(servers: Servers, server: str) -> None:
    image = guest.image(2)[:-1] + b"2"
    anew = servers.real.upload("raw", image)
    servers.act(server, {"rebuild": {"imageRef": anew}})
    servers.becomes(server, "ACTIVE")
    assert servers.root(server).read_bytes()[: 2 * MIB] == image
    servers.says(server)


def test_a_port_is_plugged_and_unplugged(servers: Servers, server: str) -> None:
    path = f"/v2.1/servers/{server}/os-interface"
    port = {"port": {"network_id": servers.real.site.network}}
    port_id = servers.call("POST", "network", "/v2.0/ports", port)["port"]["id"]
    servers.call("POST", "compute", path, {"interfaceAttachment": {"port_id": port_id}})
    until(lambda: port_id in servers.info(server), WHILE, "the NIC")
    assert len(servers.instance(server)["nic.names"]) == 2
    shown = servers.call("GET", "network", f"/v2.0/ports/{port_id}")["port"]
    assert shown["mac_address"] in servers.info(server)
    until(lambda: servers.becomes(server, "ACTIVE"), WHILE, "rest")
    servers.call("DELETE", "compute", f"{path}/{port_id}")
    until(lambda: port_id not in servers.info(server), WHILE, "the NIC's end")


def test_a_volume_written_on_one_server_is_read_on_another(servers: Servers, server: str) -> None:
    volume = servers.volume()
    servers.attach(server, volume)
    assert volume in servers.info(server)
    written = os.urandom(4096)
    device = device_of(servers, volume)
    subprocess.run(["dd", f"of={device}", "bs=4096", "oflag=direct"], input=written, check=True)
    servers.detach(server, volume)
    assert volume not in servers.info(server)
    assert content(servers, volume, 4096) == written

    other = servers.create()
    servers.attach(other, volume)
    read = ["dd", f"if={device_of(servers, volume)}", "bs=4096", "count=1", "iflag=direct"]
    assert subprocess.run(read, capture_output=True, check=True).stdout == written
    servers.delete(other)
    servers.volume_is(volume, "available")
    assert content(servers, volume, 4096) == written
    servers.drop_volume(volume)


def test_a_snapshot_becomes_a_volume(servers: Servers) -> None:
    volume = servers.volume(imageRef=servers.image)
    assert content(servers, volume, MIB) == guest.image()
    wanted = {"snapshot": {"volume_id": volume}}
    snapshot = servers.call("POST", "volume", "/v3/snapshots", wanted)["snapshot"]["id"]
    path = f"/v3/snapshots/{snapshot}"
    until(
        lambda: servers.call("GET", "volume", path)["snapshot"]["status"] == "available",
        WHILE,
        "the snapshot",
    )
    clone = servers.volume(snapshot_id=snapshot)
    assert content(servers, clone, MIB) == guest.image()
    servers.drop_volume(clone)
    servers.call("DELETE", "volume", path)
    until(lambda: servers.is_gone("volume", path), WHILE, "the snapshot's end")
    assert not (servers.cluster.storage / "snapshots" / snapshot).exists()
    servers.drop_volume(volume)


def test_a_server_boots_from_a_volume(servers: Servers) -> None:
    volume = servers.volume(imageRef=servers.image)
    device = {
        "boot_index": 0,
        "uuid": volume,
        "source_type": "volume",
        "destination_type": "volume",
        "delete_on_termination": False,
    }
    booted = servers.create(imageRef="", block_device_mapping_v2=[device])
    servers.says(booted)
    assert servers.instance(booted)["disk.names"][0] == volume
    servers.delete(booted)
    servers.volume_is(volume, "available")
    assert content(servers, volume, MIB) == guest.image()
    servers.drop_volume(volume)


def test_a_floating_address_is_a_nic_on_the_outer_network(servers: Servers, server: str) -> None:
    """Direct mode: the guest itself has the address, as in Synnefo."""
    admin = {"who": ("admin", "admin")}

    def make(kind: str, **body: Any) -> str:
        made = servers.call("POST", "network", f"/v2.0/{kind}s", {kind: body}, **admin)
        return str(made[kind]["id"])

    flat = {"provider:network_type": "flat", "provider:physical_network": "outside"}
    outer = make("network", name="outside", **{"router:external": True}, **flat)
    make("subnet", network_id=outer, cidr="203.0.113.0/24", ip_version=4)
    router = make("router", name="r", external_gateway_info={"network_id": outer})
    (port,) = servers.call("GET", "network", f"/v2.0/ports?device_id={server}", **admin)["ports"]
    inner = {"subnet_id": port["fixed_ips"][0]["subnet_id"]}
    servers.call("PUT", "network", f"/v2.0/routers/{router}/add_router_interface", inner, **admin)

    floating = make("floatingip", floating_network_id=outer, port_id=port["id"])
    path = f"/v2.0/floatingips/{floating}"
    address = servers.call("GET", "network", path, **admin)["floatingip"]["floating_ip_address"]
    until(lambda: f"IP: {address}\n" in servers.info(server), WHILE, "the NIC with the address")
    shown = servers.becomes(server, "ACTIVE")["addresses"].values()
    assert address in [each["addr"] for addresses in shown for each in addresses]
    networks = servers.cluster.gnt("gnt-network", "list", "--no-headers", "-o", "name,network")
    assert "203.0.113.0/24" in networks

    servers.call("DELETE", "network", path, **admin)
    until(lambda: address not in servers.info(server), WHILE, "the NIC's end")


def test_a_server_moves_while_it_runs(servers: Servers, server: str) -> None:
    before = servers.instance(server)["pnode"]
    servers.act(
        server, {"os-migrateLive": {"host": None, "block_migration": "auto"}}, as_admin=True
    )
    until(lambda: servers.instance(server)["pnode"] != before, WHILE, "the move")
    servers.becomes(server, "ACTIVE")
    assert servers.instance(server)["status"] == "running"
    servers.says(server)


def test_a_server_is_rescued_from_a_disc(servers: Servers, server: str, tmp_path: Path) -> None:
    disc = servers.real.upload("iso", guest.disc(tmp_path, "rescue system lives"))
    servers.act(server, {"rescue": {"rescue_image_ref": disc}})
    servers.becomes(server, "RESCUE")
    assert "boot_order: cdrom" in servers.info(server)
    servers.says(server, "rescue system lives")
    servers.act(server, {"unrescue": None})
    servers.becomes(server, "ACTIVE")
    assert "boot_order: cdrom" not in servers.info(server)
    servers.says(server)


def test_everything_ends(servers: Servers, server: str) -> None:
    servers.delete(server)
    assert list((servers.cluster.storage / "disks").iterdir()) == []
    assert list((servers.cluster.storage / "volumes").iterdir()) == []
