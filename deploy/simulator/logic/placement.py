"""What a node has left for instances, and what the instance policy allows."""

from collections.abc import Collection
from dataclasses import dataclass, field

from deploy.simulator.logic.parameters import filled_be
from deploy.simulator.model import Cluster, Json, Node
from deploy.simulator.settings import SimulatorSettings
from deploy.simulator.world import located

EXCLUSIVE = "plain"  # the only template that exclusive storage knows
_LOCAL = frozenset({"file", "plain", "drbd"})  # templates that use the node's own disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What an instance needs of its node."""

    memory: int
    vcpus: int
    disk: int
    template: str
    spindles: int = 0  # where storage is exclusive
    tags: Collection[str] = field(default_factory=tuple)

    @property
    def local_disk(self) -> int:
        """MiB of the node's own storage."""
        return self.disk if self.template in _LOCAL else 0


def demand_of(spec: Json, backend: Json, template: str) -> Demand:
    """What a create asks of a node.

    Args:
        spec: its parameters.
        backend: its backend parameters, complete.
        template: of its disks, unless it names one.
    """
    disks = spec.get("disks") or []
    return Demand(
        memory=backend["maxmem"],
        vcpus=backend["vcpus"],
        disk=sum(int(disk.get("size", 0)) for disk in disks),
        template=spec.get("disk_template") or template,
        spindles=sum(int(disk.get("spindles") or 1) for disk in disks),
        tags=spec.get("tags") or (),
    )


def memory_used(cluster: Cluster, node: Node, *, running_only: bool) -> int:
    """MiB that the node's primary instances hold, or would hold if all ran."""
    return sum(
        filled_be(cluster, i.beparams)["maxmem"]
        for i in located(cluster, node)
        if (i.running if running_only else i.admin_state != "offline")
    )


def memory_free(cluster: Cluster, node: Node, *, running_only: bool = True) -> int:
    """MiB free for instances."""
    used = memory_used(cluster, node, running_only=running_only)
    return max(0, node.memory - node.reserved - used)


def disk_free(cluster: Cluster, node: Node) -> int:
    """MiB free in the node's own storage."""
    local = [i for i in located(cluster, node) if i.disk_template in _LOCAL]
    local += [i for i in cluster.instances.values() if node.name in i.snodes]
    return max(0, node.disk - sum(disk.size for i in local for disk in i.disks))


def spindles_free(cluster: Cluster, node: Node) -> int:
    """Spindles that no disk has to itself, where storage is exclusive."""
    taken = (d for i in located(cluster, node) for d in i.disks if d.template == EXCLUSIVE)
    return max(0, node.spindles - sum(int(d.params.get("spindles") or 1) for d in taken))


def vcpus_used(cluster: Cluster, node: Node) -> int:
    """Virtual CPUs of the node's primary instances."""
    return sum(
        filled_be(cluster, i.beparams)["vcpus"]
        for i in located(cluster, node)
        if i.admin_state != "offline"
    )


def ipolicy(settings: SimulatorSettings, base: Json) -> Json:
    """The instance policy of the cluster."""
    limits = base["minmax"][0]
    most = {**limits["max"], "cpu-count": settings.max_vcpus}
    return {
        **base,
        "minmax": [{"min": limits["min"], "max": most}],
        "vcpu-ratio": settings.vcpu_ratio,
        "disk-templates": list(settings.disk_templates),
    }


def violations(policy: Json, demand: Demand, disks: list[int], nics: int) -> list[str]:
    """What of the demand lies outside the policy, in Ganeti's words."""
    low, high = policy["minmax"][0]["min"], policy["minmax"][0]["max"]
    values = [
        ("memory-size", demand.memory),
        ("cpu-count", demand.vcpus),
        ("disk-count", len(disks)),
        ("nic-count", nics),
        *(("disk-size", size) for size in disks),
    ]
    return [
        f"{name} value {value} is not in range [{low[name]}, {high[name]}]"
        for name, value in values
        if not low[name] <= value <= high[name]
    ]
