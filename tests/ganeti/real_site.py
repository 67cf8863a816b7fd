"""Six services in front of real clusters, and what tests do with them."""

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from deploy.parts.environments import environment
from deploy.parts.keystone_content import REGION
from deploy.parts.postgres import running_postgres
from deploy.parts.rabbitmq import RabbitNode
from tests.ganeti.fault_proxy import FaultProxy, before
from tests.ganeti.rig import Cluster
from tests.parts.cloud import Cloud, running_cloud
from tests.parts.keystone import filled_keystone
from tests.parts.site import DEMO, Site, fill

LINKS: Final = {
    "physnet1": {"mode": "bridged", "link": "br1"},
    "outside": {"mode": "bridged", "link": "br1"},
}
# Nodes have addresses of their own, so images and seeds have to be offered on more than loopback.
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104  # for tests only
SETTINGS: Final = {
    "CYCLADES_IMAGE_HOST": EVERYWHERE,
    "CYCLADES_COMPUTE_HOST": EVERYWHERE,
    "CYCLADES_NETWORK_PHYSICAL_NETWORKS": json.dumps({name: {} for name in LINKS}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSite:
    """A cloud with content whose availability zones are real clusters."""

    site: Site
    clusters: Mapping[str, Cluster]  # by availability zone
    proxied: str  # the zone whose cluster the cloud reaches only through the proxy
    proxy: FaultProxy

    def create(self, zone: str, **more: Any) -> tuple[str, str]:
        """Have an active server in a zone; gives its id and its instance's name."""
        server_id = self.site.create(availability_zone=zone, **more)
        self.site.becomes(server_id, "ACTIVE", within=60)
        ((number, name),) = self.site.instances(server_id)
        assert list(self.clusters)[number] == zone
        return server_id, name

    def info(self, zone: str, name: str) -> str:
        """What an administrator of the cluster reads about an instance."""
        return self.clusters[zone].gnt("gnt-instance", "info", name)

    def disk(self, zone: str, name: str) -> Path:
        """The file that is the first disk of an instance, on this machine."""
        cluster = self.clusters[zone]
        (node,) = cluster.gnt(
            "gnt-instance", "list", "--no-headers", "-o", "pnode", name
        ).splitlines()
        return cluster.disk(name, node)

    def actions(self, server_id: str) -> list[str]:
        """What was done to a server, the oldest first."""
        path = f"/v2.1/servers/{server_id}/os-instance-actions"
        told = self.site.cloud.call("GET", "compute", path, who=DEMO).json()["instanceActions"]
        return [each["action"] for each in reversed(told)]

    def upload(self, disk_format: str, content: bytes) -> str:
        """Have a shared image with these bytes."""
        form = {"name": disk_format, "disk_format": disk_format, "container_format": "bare"}
        call = self.site.cloud.call
        made = call("POST", "image", "/v2/images", form | {"visibility": "public"})
        assert made.status_code == 201, made.text
        path = f"/v2/images/{made.json()['id']}"
        octets = {"Content-Type": "application/octet-stream"}
        sent = call("PUT", "image", f"{path}/file", content=content, headers=octets)
        assert sent.status_code == 204, sent.text
        shown = call("GET", "image", path).json()
        assert shown["os_hash_value"] == hashlib.sha512(content).hexdigest()
        return str(shown["id"])

    def openstack(self, *words: str) -> Any:
        """Type an `openstack` command as the user demo; gives what it shows."""
        keystone = self.site.cloud.keystone
        user, project = DEMO
        who = {
            "OS_AUTH_URL": f"{keystone.url}/v3",
            "OS_IDENTITY_API_VERSION": "3",
            "OS_USERNAME": user,
            "OS_PASSWORD": keystone.password(user),
            "OS_PROJECT_NAME": project,
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_REGION_NAME": REGION,
        }
        typed = [str(environment("clients").home / "bin" / "openstack"), *words]
        done = subprocess.run(typed, env=who, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "json" in words else done.stdout


@contextmanager
def running_site(
    home: Path,
    rabbitmq: RabbitNode,
    clusters: tuple[Cluster, ...],
    more: Mapping[str, str] | None = None,
    reached: Mapping[str, str] | None = None,
) -> Iterator[RealSite]:
    """Run a cloud on real clusters; it reaches the last of them through the proxy.

    Args:
        home: an empty folder for everything the cloud keeps.
        rabbitmq: its bus.
        clusters: of the rig.
        more: settings of the services.
        reached: by zone, the URL the cloud is told where that is not to be so.
    """
    with ExitStack() as stack:
        (home / "pg").mkdir(mode=0o711)
        database = stack.enter_context(running_postgres(home / "pg", durable=False))
        keystone = stack.enter_context(filled_keystone(home / "keystone"))
        proxy = stack.enter_context(before(clusters[-1]))
        nodes_reach = f"http://{clusters[0].host_address}:{{compute}}"
        settings = {"CYCLADES_COMPUTE_NODE_URL": nodes_reach, **SETTINGS, **(more or {})}
        cloud = stack.enter_context(
            running_cloud(home / "cloud", database, keystone, rabbitmq.url, settings=settings)
        )
        told = {_zone(clusters[-1]): proxy.url, **(reached or {})}
        for cluster in clusters:
            _register(cloud, cluster, told.get(_zone(cluster), cluster.url))
        yield RealSite(
            site=replace(fill(cloud, ()), clusters=[_as_administrators_know(c) for c in clusters]),
            clusters={_zone(cluster): cluster for cluster in clusters},
            proxied=_zone(clusters[-1]),
            proxy=proxy,
        )


def _register(cloud: Cloud, cluster: Cluster, url: str) -> None:
    """Register a cluster as its administrator would: what has a default keeps it."""
    body = {
        "name": _zone(cluster),
        "url": url,
        "username": cluster.user,
        "password": cluster.password,
        "ca_pem": cluster.ca.read_text(),
        "links": LINKS,
        "disk_template": "file",
        "image_url_base": f"http://{cluster.host_address}:{cloud.ports['image']}",
    }
    if cluster.hypervisor == "kvm":
        body |= {
            "disk_template": "ext",
            "ext_provider": "cyclades",
            "agent_url": cluster.agent_url,
            "agent_token": cluster.agent_token,
            "agent_ca_pem": cluster.agent_ca.read_text(),
        }
    answer = cloud.call("POST", "rapi_gateway", "/v1/clusters", body)
    assert answer.status_code == 201, answer.text


def _zone(cluster: Cluster) -> str:
    return cluster.name.partition(".")[0]


def _as_administrators_know(cluster: Cluster) -> dict[str, str]:
    return {
        "name": cluster.name,
        "url": cluster.url,
        "user": cluster.user,
        "password": cluster.password,
    }
