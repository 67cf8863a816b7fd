"""A node as Nova shows a hypervisor."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from services.compute.domain.hosts import Host, number_of, version_number
from shared.clock import utcnow

MIB_PER_GIB: Final = 1024
UNKNOWN_ADDRESS: Final = "0.0.0.0"  # noqa: S104  # of a node nobody told the address of
TYPES: Final = {"kvm": "QEMU", "": "QEMU", "fake": "fake"}


def uptime_of(host: Host, now: datetime) -> str | None:
    """Return how long a node has run at least, in the words of ``uptime``; None: nobody knows.

    Ganeti tells one boot of a node from another, and not when it was.
    """
    since = host.node.up_since
    if since is None or not host.is_up:
        return None
    minutes = max(0, int((now - since).total_seconds())) // 60
    days, rest = divmod(minutes, 24 * 60)
    long = f"{days} day{'s' * (days != 1)}, " if days else ""
    return f" {now:%H:%M:%S} up at least {long}{rest // 60:2}:{rest % 60:02}"


def ident_of(host: Host, minor: int) -> str | int:
    """Return a hypervisor's id: a UUID since 2.53, a number before."""
    return str(host.uuid) if minor >= 53 else number_of(host.uuid)


def brief_view(host: Host, minor: int, *, guests: bool = False) -> dict[str, Any]:
    """Return a hypervisor in a list; with its servers, if they are asked for."""
    view: dict[str, Any] = {
        "id": ident_of(host, minor),
        "hypervisor_hostname": host.name,
        "state": "up" if host.is_up else "down",
        "status": "enabled" if host.is_enabled else "disabled",
    }
    if guests and (host.guests or minor >= 75):
        view["servers"] = [{"uuid": str(each.id), "name": each.name} for each in host.guests]
    return view


def capacity(hosts: Sequence[Host]) -> dict[str, int]:
    """Return what nodes have and what of it is in use, added up."""
    nodes = [host.node for host in hosts]
    memory, memory_free = sum(n.memory for n in nodes), sum(n.memory_free for n in nodes)
    disk = sum(n.disk for n in nodes) // MIB_PER_GIB
    disk_free = sum(n.disk_free for n in nodes) // MIB_PER_GIB
    return {
        "vcpus": sum(n.vcpus for n in nodes),
        "vcpus_used": sum(host.vcpus_used for host in hosts),
        "memory_mb": memory,
        "memory_mb_used": memory - memory_free,
        "free_ram_mb": memory_free,
        "local_gb": disk,
        "local_gb_used": disk - disk_free,
        "free_disk_gb": disk_free,
        "disk_available_least": disk_free,
        "running_vms": sum(n.instances for n in nodes),
        "current_workload": 0,  # Nova's count of tasks, long without meaning
    }


def detailed_view(host: Host, minor: int, *, guests: bool = False) -> dict[str, Any]:
    """Return one hypervisor."""
    view = brief_view(host, minor, guests=guests) | {
        "hypervisor_type": TYPES.get(host.cluster.hypervisor, host.cluster.hypervisor),
        "hypervisor_version": version_number(host.cluster.software_version),
        "host_ip": host.node.address or UNKNOWN_ADDRESS,
        "service": {
            "id": str(host.service_uuid) if minor >= 53 else number_of(host.service_uuid),
            "host": host.name,
            "disabled_reason": host.disabled_reason,
        },
    }
    if minor >= 88:
        return view | {"uptime": uptime_of(host, utcnow())}
    return view | capacity([host]) | {"cpu_info": {} if minor >= 28 else ""}
