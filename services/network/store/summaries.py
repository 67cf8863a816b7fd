"""Reads that are not of one resource: how full networks are, and which zones there are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from services.network.domain.addressing import Pool
from services.network.domain.resource import View
from shared.db.reads import Reads

FULLNESS = """
    SELECT n.id AS network_id, n.name AS network_name, n.project_id,
           s.id AS subnet_id, s.name AS subnet_name, s.cidr, s.ip_version, s.allocation_pools,
           (SELECT count(*) FROM addresses a WHERE a.subnet_id = s.id) AS used
    FROM networks n LEFT JOIN subnets s ON s.network_id = n.id
    WHERE ($1::uuid IS NULL OR n.id = $1::uuid)
      AND ($2::text IS NULL OR n.name = $2::text)
      AND ($3::text IS NULL OR n.project_id = $3::text)
      AND ($4::int IS NULL OR s.ip_version = $4::int)
    ORDER BY n.id, s.created_at, s.id
"""
ZONES = """
    SELECT DISTINCT availability_zone FROM clusters WHERE NOT removed ORDER BY 1
"""

POOLS = """
    SELECT s.id AS subnet_id, s.name AS subnet_name, n.id AS network_id, s.cidr, n.project_id
    FROM subnets s JOIN networks n ON n.id = s.network_id
    WHERE s.ip_version = 4 AND (
      n.external OR n.external_to ? $1::text OR ($2::boolean AND n.external_to <> '[]'::jsonb)
      OR (n.project_id = $1::text AND n.external_to <> '[]'::jsonb)
    )
    ORDER BY s.id
"""

Json = dict[str, Any]


async def fullness(
    reads: Reads,
    *,
    network_id: UUID | None = None,
    name: str | None = None,
    project_id: str | None = None,
    ip_version: int | None = None,
) -> Sequence[Json]:
    """Return, network by network, how many addresses there are and how many are used."""
    rows = await reads.rows(FULLNESS, network_id, name, project_id, ip_version)
    found: dict[UUID, Json] = {}
    for row in rows:
        network = found.setdefault(row["network_id"], _network(row))
        if row["subnet_id"] is not None:
            subnet = _subnet(row)
            network["subnet_ip_availability"].append(subnet)
            network["total_ips"] += subnet["total_ips"]
            network["used_ips"] += subnet["used_ips"]
    return list(found.values())


def _network(row: Any) -> Json:
    return {
        "network_id": str(row["network_id"]),
        "network_name": row["network_name"],
        "tenant_id": row["project_id"],
        "project_id": row["project_id"],
        "total_ips": 0,
        "used_ips": 0,
        "subnet_ip_availability": [],
    }


def _subnet(row: Any) -> Json:
    pools = orjson.loads(row["allocation_pools"])
    return {
        "subnet_id": str(row["subnet_id"]),
        "subnet_name": row["subnet_name"],
        "cidr": row["cidr"],
        "ip_version": row["ip_version"],
        "total_ips": sum(Pool(**pool).size() for pool in pools),
        "used_ips": row["used"],
    }


async def zones(reads: Reads) -> list[str]:
    """Return the availability zones of the clusters we know."""
    return [row["availability_zone"] for row in await reads.rows(ZONES)]


async def floating_ip_pools(reads: Reads, view: View) -> Sequence[Json]:
    """Return the IPv4 subnets of external networks the caller may take addresses from."""
    rows = await reads.rows(POOLS, view.project_id, view.everything)
    return [
        {
            "subnet_id": str(row["subnet_id"]),
            "subnet_name": row["subnet_name"],
            "network_id": str(row["network_id"]),
            "cidr": row["cidr"],
            "project_id": row["project_id"],
            "tenant_id": row["project_id"],
        }
        for row in rows
    ]
