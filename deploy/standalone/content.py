"""What the demo holds at its first start, made through the public APIs like any user's things.

Everything is looked for by its name before it is made, so a later start changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import httpx

from deploy.parts.children import PartFailed
from deploy.parts.keystone import Keystone
from deploy.standalone.disk_image import disk_image
from deploy.standalone.settings import DemoSettings, url

IMAGE: Final = "tiny"
# name, vCPUs, MiB of memory, GiB of disk
FLAVORS: Final = (
    ("m1.tiny", 1, 512, 1),
    ("m1.small", 1, 2048, 20),
    ("m1.medium", 2, 4096, 40),
    ("m1.large", 4, 8192, 80),
    ("m1.xlarge", 8, 16384, 160),
)
PHYSICAL_NETWORK: Final = "physnet1"
PUBLIC: Final = {
    "name": "public",
    "router:external": True,
    "shared": True,
    "provider:network_type": "flat",
    "provider:physical_network": PHYSICAL_NETWORK,
}
PUBLIC_SUBNETS: Final = (
    {"name": "public-v4", "ip_version": 4, "cidr": "172.24.4.0/24"},
    {"name": "public-v6", "ip_version": 6, "cidr": "2001:db8::/64"},
)
PRIVATE: Final = {"name": "private"}
PRIVATE_SUBNETS: Final = ({"name": "private-v4", "ip_version": 4, "cidr": "10.0.0.0/24"},)
AGENT: Final = ("ext_provider", "agent_url", "agent_token", "agent_ca_pem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One of our services, as one user sees it."""

    client: httpx.Client

    @classmethod
    @contextmanager
    def opened(cls, address: str, token: str) -> Iterator[Self]:
        """Talk to a service with a token for the length of a block."""
        headers = {"X-Auth-Token": token}
        with httpx.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
            yield cls(client=client)

    def call(self, method: str, path: str, **more: Any) -> Any:
        """Call the service and return the answer's JSON, if it has any.

        Raises:
            PartFailed: it refused; the message is what it said.
        """
        answer = self.client.request(method, path, **more)
        if answer.is_error:
            where = f"{method} {answer.request.url}"
            raise PartFailed(f"{where} was answered {answer.status_code}: {answer.text[:1000]}")
        return answer.json() if answer.content else None


def fill(settings: DemoSettings, keystone: Keystone, clusters: Sequence[Mapping[str, Any]]) -> None:
    """Have the clusters, the image, the flavors and the networks."""
    admin, demo = keystone.token("admin", "admin"), keystone.token("demo", "demo")
    service = keystone.token("cyclades", "service")
    with Api.opened(url(settings.gateway_port), service) as gateway:
        register_clusters(gateway, clusters)
    with Api.opened(url(settings.image_port), admin) as image:
        have_image(image)
    with Api.opened(url(settings.compute_port), admin) as compute:
        have_flavors(compute)
    with Api.opened(url(settings.network_port), admin) as network:
        have_network(network, PUBLIC, PUBLIC_SUBNETS)
    with Api.opened(url(settings.network_port), demo) as network:
        have_network(network, PRIVATE, PRIVATE_SUBNETS)


def register_clusters(gateway: Api, clusters: Sequence[Mapping[str, Any]]) -> None:
    """Have the gateway know every cluster, and the agents of those it knows already."""
    for cluster in clusters:
        path = f"/v1/clusters/{cluster['name']}"
        known = gateway.client.get(path)
        if known.status_code == 404:
            gateway.call("POST", "/v1/clusters", json=cluster)
        elif "agent_url" in cluster and not known.json()["cluster"]["has_agent"]:
            gateway.call("PATCH", path, json={name: cluster[name] for name in AGENT})


def have_image(image: Api) -> None:
    """Have the image, with its data; one whose upload was cut off is thrown away."""
    for found in image.call("GET", "/v2/images", params={"name": IMAGE})["images"]:
        if found["status"] == "active":
            return
        image.call("DELETE", f"/v2/images/{found['id']}")
    form = {"disk_format": "raw", "container_format": "bare", "visibility": "public"}
    made = image.call("POST", "/v2/images", json={"name": IMAGE, **form})
    image.call(
        "PUT",
        f"/v2/images/{made['id']}/file",
        content=disk_image(),
        headers={"Content-Type": "application/octet-stream"},
    )


def have_flavors(compute: Api) -> None:
    """Have the five flavors."""
    there = {each["name"] for each in compute.call("GET", "/v2.1/flavors")["flavors"]}
    for number, (name, vcpus, memory, disk) in enumerate(FLAVORS, start=1):
        if name not in there:
            size = {"vcpus": vcpus, "ram": memory, "disk": disk}
            flavor = {"id": str(number), "name": name, **size}
            compute.call("POST", "/v2.1/flavors", json={"flavor": flavor})


def have_network(
    network: Api, wanted: Mapping[str, Any], subnets: Sequence[Mapping[str, Any]]
) -> None:
    """Have a network and its subnets."""
    name = wanted["name"]
    found = network.call("GET", "/v2.0/networks", params={"name": name})["networks"]
    made = found or [network.call("POST", "/v2.0/networks", json={"network": wanted})["network"]]
    there = network.call("GET", "/v2.0/subnets", params={"network_id": made[0]["id"]})["subnets"]
    names = {each["name"] for each in there}
    for subnet in subnets:
        if subnet["name"] not in names:
            body = {"subnet": {**subnet, "network_id": made[0]["id"]}}
            network.call("POST", "/v2.0/subnets", json=body)
