"""Reads the clusters and their nodes: one statement each, outside transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from services.compute.domain.hosts import Guest, Host, NodeFlag
from shared.contracts.gateway import Cluster
from shared.db.reads import Reads

CLUSTERS: Final = """
SELECT document, seen_at FROM clusters WHERE state <> 'removed' ORDER BY name
"""
HOSTS: Final = """
SELECT document, seen_at, coalesce((
    SELECT jsonb_agg(jsonb_build_array(node, id, vcpus) ORDER BY created_at, id)
    FROM servers WHERE cluster = clusters.name AND node IS NOT NULL AND deleted_at IS NULL
), '[]') AS guests, coalesce((
    SELECT jsonb_object_agg(node, jsonb_build_array(disabled, disabled_reason, forced_down))
    FROM node_flags WHERE cluster = clusters.name
), '{}') AS flags FROM clusters WHERE state <> 'removed' ORDER BY name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCluster:
    """A cluster, and when it was last told of."""

    cluster: Cluster
    seen_at: datetime


async def clusters(reads: Reads) -> list[SeenCluster]:
    """Return every cluster there is, by name."""
    return [
        SeenCluster(cluster=Cluster.model_validate_json(row["document"]), seen_at=row["seen_at"])
        for row in await reads.rows(CLUSTERS)
    ]


async def hypervisor_of(reads: Reads, cluster: str) -> str:
    """Return what a cluster's servers run on: ``kvm``, say; nothing when it is not known."""
    found = await reads.value(
        "SELECT document ->> 'hypervisor' FROM clusters WHERE name = $1", cluster
    )
    return str(found or "")


async def hosts(reads: Reads, prefix: str) -> list[Host]:
    """Return every node of every cluster, by cluster and name, with the servers on it.

    Args:
        reads: the fast lane.
        prefix: what our instances' names begin with.
    """
    return [host for row in await reads.rows(HOSTS) for host in _hosts(row, prefix)]


def _hosts(row: Any, prefix: str) -> list[Host]:
    cluster = Cluster.model_validate_json(row["document"])
    on_nodes: dict[str, list[tuple[Guest, int]]] = {}
    for node, ident, vcpus in orjson.loads(row["guests"]):
        guest = Guest(id=UUID(ident), name=f"{prefix}{ident}")
        on_nodes.setdefault(node, []).append((guest, vcpus))
    flags = orjson.loads(row["flags"])
    return [
        Host(
            cluster=cluster,
            node=node,
            seen_at=row["seen_at"],
            vcpus_used=sum(vcpus for _guest, vcpus in _of(on_nodes, node.name)),
            guests=[guest for guest, _vcpus in _of(on_nodes, node.name)],
            flag=_flag(cluster.name, node.name, flags.get(node.name)),
        )
        for node in sorted(cluster.nodes, key=lambda each: each.name)
    ]


def _flag(cluster: str, node: str, stored: Sequence[Any] | None) -> NodeFlag | None:
    if stored is None:
        return None
    disabled, reason, forced_down = stored
    return NodeFlag(
        cluster=cluster,
        node=node,
        disabled=disabled,
        disabled_reason=reason,
        forced_down=forced_down,
    )


def _of(on_nodes: dict[str, list[tuple[Guest, int]]], node: str) -> Sequence[tuple[Guest, int]]:
    return on_nodes.get(node, ())
