"""Where an instance fits: free capacity, ipolicy, and the allocator's words."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from deploy.simulator.logic.parameters import filled_be
from deploy.simulator.model import Cluster, Group, Json, Node
from deploy.simulator.settings import SimulatorSettings
from deploy.simulator.world import group_by_uuid, located

_LOCAL = frozenset({"file", "plain", "drbd"})  # templates that use the node's own disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What an instance needs of its node."""

    memory: int
    vcpus: int
    disk: int
    template: str

    @property
    def local_disk(self) -> int:
        """MiB of the node's own storage."""
        return self.disk if self.template in _LOCAL else 0


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


def obstacle(cluster: Cluster, node: Node, demand: Demand, policy: Json) -> str | None:
    """Why hail would not put the demand on the node."""
    if demand.memory > memory_free(cluster, node, running_only=False):
        return "FailMem"
    if demand.local_disk > disk_free(cluster, node):
        return "FailDisk"
    most = policy["minmax"][0]["max"]
    allowed = node.cpus * policy["vcpu-ratio"]
    if demand.vcpus > most["cpu-count"] or vcpus_used(cluster, node) + demand.vcpus > allowed:
        return "FailCPU"
    return "FailMem" if demand.memory > most["memory-size"] else None


def usable(node: Node) -> bool:
    """Whether the allocator considers the node at all."""
    return not (node.offline or node.drained or node.down)


def hail(
    cluster: Cluster,
    demand: Demand,
    policy: Json,
    *,
    avoid: str | None = None,
    among: Collection[str] | None = None,
) -> tuple[Node | None, str]:
    """The node with the most free memory that takes the demand, or the reason why none does."""
    nodes = [n for n in cluster.nodes.values() if usable(n) and n.name != avoid]
    nodes = [n for n in nodes if among is None or n.name in among]
    reasons = {node.name: obstacle(cluster, node, demand, policy) for node in nodes}
    fitting = [node for node in nodes if reasons[node.name] is None]
    if fitting:
        return max(fitting, key=lambda n: (memory_free(cluster, n, running_only=False), n.name)), ""
    if not nodes:
        return None, "Not enough online nodes"
    group: Group = group_by_uuid(cluster, nodes[0].group)
    counted = Counter(reason for reason in reasons.values() if reason)
    why = ", ".join(f"{reason}: {count}" for reason, count in counted.items())
    return None, (
        f"Group {group.name} ({group.alloc_policy}): "
        f"No valid allocation solutions, failure reasons: {why}"
    )
