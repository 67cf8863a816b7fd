"""A cloud with content, and what a test does with it as a user and as Ganeti's administrator."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from tests.parts.cloud import Cloud, until

DEMO: Final = ("demo", "demo")


@dataclass(kw_only=True)
class Site:
    """A cloud with content: what a test needs to make a server."""

    cloud: Cloud
    clusters: Sequence[Mapping[str, Any]]
    image: str
    flavor: str
    network: str
    image_bytes: bytes

    def create(self, name: str | None = None, **more: Any) -> str:
        """Ask for a server as a user of project demo; gives its id."""
        server = {
            "name": name or f"e2e-{uuid4().hex[:8]}",
            "imageRef": self.image,
            "flavorRef": self.flavor,
            "networks": [{"uuid": self.network}],
        } | more
        answer = self.cloud.call("POST", "compute", "/v2.1/servers", {"server": server}, who=DEMO)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["server"]["id"])

    def server(self, server_id: str) -> dict[str, Any] | None:
        """What the API shows of a server; None once it is gone."""
        answer = self.cloud.call("GET", "compute", f"/v2.1/servers/{server_id}", who=DEMO)
        if answer.status_code == 404:
            return None
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["server"]
        return found

    def act(self, server_id: str, body: dict[str, Any]) -> httpx.Response:
        """Ask for an action."""
        return self.cloud.call(
            "POST", "compute", f"/v2.1/servers/{server_id}/action", body, who=DEMO
        )

    def delete(self, server_id: str) -> None:
        """Have the server gone, and see that it is."""
        answer = self.cloud.call("DELETE", "compute", f"/v2.1/servers/{server_id}", who=DEMO)
        assert answer.status_code == 204, answer.text
        until(lambda: self.server(server_id) is None, 30, "the server's end")

    def becomes(self, server_id: str, status: str, within: float = 30.0) -> dict[str, Any]:
        """Wait until the server has a status, idle; an ERROR nobody asked for ends the wait."""

        def settled() -> dict[str, Any] | None:
            found = self.server(server_id)
            assert found is not None, "the server is gone"
            if found["status"] == "ERROR" and status != "ERROR":
                raise AssertionError(f"ERROR: {found.get('fault')}")
            idle = found["OS-EXT-STS:task_state"] is None
            return found if found["status"] == status and idle else None

        reached: dict[str, Any] = until(settled, within, f"{status}")
        return reached

    def rapi(self, method: str, cluster: int, path: str, body: Any = None) -> Any:
        """Do something in Ganeti as its administrator would."""
        there = self.clusters[cluster]
        answer = httpx.request(
            method,
            there["url"] + path,
            json=body,
            auth=(there["user"], there["password"]),
            verify=False,  # noqa: S501  # a test's own certificate, on loopback
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json()

    def instances(self, server_id: str) -> list[tuple[int, str]]:
        """Where in Ganeti instances of this server are: one place at most, if all is well."""
        return [
            (number, each["id"])
            for number in range(len(self.clusters))
            for each in self.rapi("GET", number, "/2/instances")
            if server_id in each["id"]
        ]

    def creations(self, server_id: str) -> int:
        """How many jobs have created an instance of this server, successfully."""
        found = 0
        for number in range(len(self.clusters)):
            jobs = self.rapi("GET", number, "/2/jobs?bulk=1")
            found += sum(
                each["status"] == "success"
                and each["summary"][0].startswith(f"INSTANCE_CREATE(cyc-{server_id}")
                for each in jobs
            )
        return found


def fill(
    cloud: Cloud,
    clusters: Sequence[Mapping[str, Any]],
    *,
    links: Mapping[str, str] | None = None,
    registration: Mapping[str, Any] | None = None,
) -> Site:
    """Register clusters, and make a flavor, a shared network and an image.

    Args:
        cloud: of running services.
        clusters: as `clusters.json` describes them.
        links: of the physical network, if not bridge br0.
        registration: more of every cluster's registration.
    """
    for each in clusters:
        body = {
            "name": each["name"].split(".", 1)[0],
            "url": each["url"],
            "username": each["user"],
            "password": each["password"],
            "ca_pem": Path(each["ca_file"]).read_text(),
            "links": {"physnet1": dict(links or {"mode": "bridged", "link": "br0"})},
            "settle": 2,
            **(registration or {}),
        }
        answer = cloud.call("POST", "rapi_gateway", "/v1/clusters", body)
        assert answer.status_code in (200, 201), answer.text
    flavor = {"name": "e2e", "ram": 128, "vcpus": 1, "disk": 1, "id": "e2e"}
    answer = cloud.call("POST", "compute", "/v2.1/flavors", {"flavor": flavor})
    assert answer.status_code == 200, answer.text
    network = {"name": "e2e", "shared": True, "provider:network_type": "flat"}
    network["provider:physical_network"] = "physnet1"
    answer = cloud.call("POST", "network", "/v2.0/networks", {"network": network})
    assert answer.status_code == 201, answer.text
    network_id = answer.json()["network"]["id"]
    subnet = {"network_id": network_id, "cidr": "10.99.0.0/20", "ip_version": 4}
    answer = cloud.call("POST", "network", "/v2.0/subnets", {"subnet": subnet})
    assert answer.status_code == 201, answer.text
    image = {"name": "e2e", "disk_format": "raw", "container_format": "bare"}
    answer = cloud.call("POST", "image", "/v2/images", image | {"visibility": "public"})
    assert answer.status_code == 201, answer.text
    image_id = answer.json()["id"]
    content = os.urandom(1 << 16)
    answer = cloud.call(
        "PUT",
        "image",
        f"/v2/images/{image_id}/file",
        content=content,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 204, answer.text
    shown = cloud.call("GET", "image", f"/v2/images/{image_id}").json()
    assert shown["os_hash_value"] == hashlib.sha512(content).hexdigest()
    return Site(
        cloud=cloud,
        clusters=clusters,
        image=image_id,
        flavor="e2e",
        network=network_id,
        image_bytes=content,
    )
