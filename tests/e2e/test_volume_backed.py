"""A server whose root disk is a volume, through all that is done to its image: with real parts."""

from typing import Any

import pytest

from tests.e2e.test_everyday import disks, volume, volume_becomes, zones
from tests.parts.cloud import until
from tests.parts.site import DEMO, Site

pytestmark = pytest.mark.timeout(400)


def act(site: Site, server: str, body: dict[str, Any]) -> Any:
    """Ask for an action in the highest microversion."""
    path = f"/v2.1/servers/{server}/action"
    version = {"OpenStack-API-Version": "compute 2.96"}
    return site.cloud.call("POST", "compute", path, body, who=DEMO, headers=version)


def root_of(site: Site, server: str) -> dict[str, Any]:
    """Return the volume a server boots from, as its service shows it."""
    shown = site.server(server)
    assert shown is not None
    ident = shown["os-extended-volumes:volumes_attached"][0]["id"]
    return volume_becomes(site, ident, "in-use")


def test_a_server_on_a_volume_is_imaged_rebuilt_and_rescued(site: Site) -> None:
    device = {
        "source_type": "image", "destination_type": "volume", "uuid": site.image,
        "boot_index": 0, "volume_size": 1, "delete_on_termination": True,
    }  # fmt: skip
    created = site.create(
        imageRef="", block_device_mapping_v2=[device], availability_zone=zones(site)[0]
    )
    site.becomes(created, "ACTIVE", within=120)
    root = root_of(site, created)

    made = act(site, created, {"createImage": {"name": "of volumes"}})
    assert made.status_code == 202, made.text
    path = f"/v2/images/{made.json()['image_id']}"

    def image() -> Any:
        return site.cloud.call("GET", "image", path, who=DEMO).json()

    until(lambda: image()["status"] == "active", 60, "the image")
    assert (image()["size"], image()["bdm_v2"]) == (0, "True")
    site.becomes(created, "ACTIVE")

    copy = site.create(imageRef=image()["id"])
    site.becomes(copy, "ACTIVE", within=120)
    cloned = root_of(site, copy)
    assert cloned["id"] != root["id"]
    assert disks(site, copy)[0] == cloned["id"]
    assert cloned["volume_image_metadata"]["image_id"] == site.image
    site.delete(copy)

    other = site.cloud.call(
        "POST", "image", "/v2/images",
        {"name": "other", "disk_format": "raw", "container_format": "bare"}, who=DEMO,
    )  # fmt: skip
    ident = other.json()["id"]
    octets = {"Content-Type": "application/octet-stream"}
    sent = site.cloud.call(
        "PUT", "image", f"/v2/images/{ident}/file", who=DEMO, headers=octets,
        content=b"another" * 1000,
    )  # fmt: skip
    assert sent.status_code == 204, sent.text
    answer = act(site, created, {"rebuild": {"imageRef": ident}})
    assert answer.status_code == 202, answer.text
    site.becomes(created, "ACTIVE", within=90)
    rebuilt = root_of(site, created)
    assert rebuilt["id"] == root["id"]
    assert rebuilt["volume_image_metadata"]["image_id"] == ident

    assert act(site, created, {"rescue": {}}).status_code == 200
    site.becomes(created, "RESCUE", within=60)
    assert act(site, created, {"unrescue": None}).status_code == 202
    site.becomes(created, "ACTIVE", within=60)
    site.delete(created)


def test_local_disks_come_first_and_a_volume_grows_under_its_server(site: Site) -> None:
    flavor = {
        "id": "local", "name": "local", "ram": 128, "vcpus": 1, "disk": 1, "swap": 1100,
        "OS-FLV-EXT-DATA:ephemeral": 2,
    }  # fmt: skip
    answer = site.cloud.call("POST", "compute", "/v2.1/flavors", {"flavor": flavor})
    assert answer.status_code == 200, answer.text
    data = volume(site)
    root = {
        "source_type": "image", "destination_type": "local", "uuid": site.image, "boot_index": 0,
    }  # fmt: skip
    more = {"source_type": "volume", "destination_type": "volume", "uuid": data}
    created = site.create(
        flavorRef="local", block_device_mapping_v2=[root, more], availability_zone=zones(site)[0]
    )
    site.becomes(created, "ACTIVE", within=120)
    ((cluster, instance),) = site.instances(created)
    sizes = site.rapi("GET", cluster, f"/2/instances/{instance}")["disk.sizes"]
    assert sizes[:4] == [1024, 2048, 1100, 1024]
    assert disks(site, created)[3] == data

    version = {"OpenStack-API-Version": "volume 3.42"}
    grow = {"os-extend": {"new_size": 2}}
    asked = site.cloud.call(
        "POST", "volume", f"/v3/volumes/{data}/action", grow, who=DEMO, headers=version
    )
    assert asked.status_code == 202, asked.text
    grown = volume_becomes(site, data, "in-use")
    assert grown["size"] == 2
    path = f"/v2.1/servers/{created}/os-instance-actions"

    def told() -> bool:
        done = site.cloud.call("GET", "compute", path, who=DEMO).json()["instanceActions"]
        return "extend_volume" in {each["action"] for each in done}

    until(told, 30, "the growth to be told")
    sizes = site.rapi("GET", cluster, f"/2/instances/{instance}")["disk.sizes"]
    assert sizes[3] == 2048
    site.delete(created)
    volume_becomes(site, data, "available")
