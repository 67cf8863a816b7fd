"""What people do every day, while services are killed with -9 in the middle of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.parts.cloud import until
from tests.parts.site import DEMO, Site

pytestmark = pytest.mark.timeout(400)


def restart(site: Site, victim: str) -> None:
    """Kill a service with -9, and have it again."""
    site.cloud.kill9(victim)
    site.cloud.launch(victim)
    site.cloud.wait([victim])


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[str]:
    """A server on the first cluster."""
    created = site.create(availability_zone=zones(site)[0])
    site.becomes(created, "ACTIVE", within=90)
    yield created
    site.delete(created)


def zones(site: Site) -> list[str]:
    """The names of the clusters."""
    return [each["name"].split(".", 1)[0] for each in site.clusters]


def volume(site: Site, **fields: Any) -> str:
    """Ask for a volume; gives its id once it is available."""
    body = {"volume": {"size": 1, "availability_zone": zones(site)[0]} | fields}
    answer = site.cloud.call("POST", "volume", "/v3/volumes", body, who=DEMO)
    assert answer.status_code == 202, answer.text
    created = str(answer.json()["volume"]["id"])
    volume_becomes(site, created, "available")
    return created


def volume_becomes(site: Site, ident: str, status: str) -> dict[str, Any]:
    """Wait until a volume has a status."""

    def there() -> dict[str, Any] | None:
        answer = site.cloud.call("GET", "volume", f"/v3/volumes/{ident}", who=DEMO)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["volume"]
        assert not found["status"].startswith("error") or status.startswith("error"), found
        return found if found["status"] == status else None

    reached: dict[str, Any] = until(there, 90, f"the volume to be {status}")
    return reached


def disks(site: Site, server_id: str) -> list[str]:
    """The names of an instance's disks, as Ganeti has them."""
    ((cluster, instance),) = site.instances(server_id)
    found: list[str] = site.rapi("GET", cluster, f"/2/instances/{instance}")["disk.names"]
    return found


def test_a_volume_comes_and_goes_while_its_services_die(site: Site, server: str) -> None:
    data = volume(site)
    path = f"/v2.1/servers/{server}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": data}}
    answer = site.cloud.call("POST", "compute", path, body, who=DEMO)
    assert answer.status_code == 200, answer.text
    restart(site, "compute")
    volume_becomes(site, data, "in-use")
    assert disks(site, server).count(data) == 1
    assert site.cloud.call("DELETE", "compute", f"{path}/{data}", who=DEMO).status_code == 202
    restart(site, "volume")
    volume_becomes(site, data, "available")
    assert data not in disks(site, server)
    gone = site.cloud.call("DELETE", "volume", f"/v3/volumes/{data}", who=DEMO)
    assert gone.status_code == 202, gone.text


def test_a_server_boots_from_a_copy_of_a_snapshot(site: Site) -> None:
    root = volume(site, imageRef=site.image)
    body = {"snapshot": {"volume_id": root}}
    answer = site.cloud.call("POST", "volume", "/v3/snapshots", body, who=DEMO)
    assert answer.status_code == 202, answer.text
    snapshot = answer.json()["snapshot"]["id"]
    shown = f"/v3/snapshots/{snapshot}"
    until(
        lambda: (
            site.cloud.call("GET", "volume", shown, who=DEMO).json()["snapshot"]["status"]
            == "available"
        ),
        60,
        "the snapshot",
    )
    copy = volume(site, snapshot_id=snapshot)
    mapping = {"source_type": "volume", "destination_type": "volume", "uuid": copy}
    created = site.create(
        imageRef="", block_device_mapping_v2=[mapping | {"boot_index": 0}], flavorRef=site.flavor
    )
    restart(site, "rapi_gateway")
    server = site.becomes(created, "ACTIVE", within=90)
    assert server["image"] == ""
    assert disks(site, created)[0] == copy
    volume_becomes(site, copy, "in-use")
    site.delete(created)
    volume_becomes(site, copy, "available")


def test_a_server_is_resized_once_though_compute_dies(site: Site, server: str) -> None:
    larger = {"name": "larger", "ram": 256, "vcpus": 2, "disk": 2, "id": "larger"}
    answer = site.cloud.call("POST", "compute", "/v2.1/flavors", {"flavor": larger})
    assert answer.status_code == 200, answer.text
    assert site.act(server, {"resize": {"flavorRef": "larger"}}).status_code == 202
    restart(site, "compute")
    site.becomes(server, "VERIFY_RESIZE", within=90)
    ((cluster, instance),) = site.instances(server)
    found = site.rapi("GET", cluster, f"/2/instances/{instance}")
    assert (found["beparams"]["maxmem"], found["beparams"]["vcpus"]) == (256, 2)
    assert found["disk.sizes"][0] == 2048
    assert site.act(server, {"confirmResize": None}).status_code == 204
    site.becomes(server, "ACTIVE")
