"""Things of compute, made with whatever a test does not care about."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.compute.domain.server import FixedIp, FlavorSnapshot, Group, Nic, Server
from shared.contracts.gateway import Cluster, ClusterState, Node
from shared.ids import ProjectId, ServerId, UserId

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
IDENT = UUID("5d8f0000-0000-4000-8000-000000000001")


def a_server(**changes: Any) -> Server:
    """Return an idle server."""
    given: dict[str, Any] = {
        "id": ServerId(IDENT),
        "project_id": ProjectId("d" * 32),
        "user_id": UserId("u" * 32),
        "name": "web-1",
        "hostname": "web-1",
        "created_at": NOW,
        "updated_at": NOW,
        "flavor": FlavorSnapshot(id="1", name="m1.tiny", vcpus=1, ram=512, disk=5),
        "reservation_id": "r-12345678",
        "image_id": UUID("70a50000-0000-4000-8000-000000000001"),
        "key_name": "k1",
        "action": None,
        "security_groups": (Group(id="", name="default"),),
        "nics": (
            Nic(
                port_id="p1",
                network_id="n1",
                network_name="private",
                mac="fa:16:3e:00:00:05",
                fixed_ips=(FixedIp(address="10.0.0.5", subnet_id="s1"),),
            ),
        ),
        "cluster": "athens",
        "node": "node1.athens",
        "availability_zone": "az1",
        "launched_at": NOW,
    }
    return Server(**(given | changes))


def a_node(name: str = "node1", **changes: Any) -> Node:
    """Return a node with room."""
    given: dict[str, Any] = {
        "name": name,
        "group": "default",
        "vcpus": 8,
        "memory": 16384,
        "memory_free": 8192,
        "disk": 100_000,
        "disk_free": 50_000,
        "instances": 0,
    }
    return Node(**(given | changes))


def a_cluster(name: str = "athens", *nodes: Node, **changes: Any) -> Cluster:
    """Return a cluster of these nodes, or of one."""
    given: dict[str, Any] = {
        "name": name,
        "uuid": name,
        "state": ClusterState.ENABLED,
        "availability_zone": f"az-{name}",
        "os": "cyclades+default",
        "disk_template": "plain",
        "software_version": "3.0.2",
        "nodes": list(nodes) or [a_node(f"node1.{name}")],
        "version": 1,
    }
    return Cluster(**(given | changes))
