"""The allocator: where an instance goes, and in whose words it goes nowhere."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from deploy.simulator.logic.placement import (
    EXCLUSIVE,
    Demand,
    disk_free,
    memory_free,
    spindles_free,
    vcpus_used,
)
from deploy.simulator.logic.redundancy import survives
from deploy.simulator.model import Cluster, Group, Json, Node
from deploy.simulator.world import group_by_uuid, located

EXCLUSION: Final = "htools:iextags:"  # on the cluster: instances with such tags keep apart
RANKS: Final = ("preferred", "last_resort")  # the other policy is unallocable


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What hail is asked."""

    demand: Demand
    policy: Json
    avoid: str | None = None  # a node
    among: Collection[str] | None = None  # nodes
    group: str | None = None  # a node group
    redundant: bool = False  # any one node may fail, then everything still fits


def hail(cluster: Cluster, question: Question) -> tuple[Node | None, str]:
    """The node with the most free memory that takes the demand, or the reason why none does."""
    places = [_in_group(cluster, question, group) for group in _groups(cluster, question)]
    for _group, node, _why in places:
        if node is not None:
            return node, ""
    explained = [why for _group, _node, why in places if why]
    return None, ", ".join(explained) or "Not enough online nodes"


def usable(node: Node) -> bool:
    """Whether the allocator considers the node at all."""
    return not (node.offline or node.drained or node.down)


def _groups(cluster: Cluster, question: Question) -> list[Group]:
    """The groups that take instances, those of last resort last."""
    named = question.group and _group_called(cluster, question.group)
    groups = [named] if named else [g for g in cluster.groups.values() if g.alloc_policy in RANKS]
    return sorted(groups, key=lambda g: g.alloc_policy != RANKS[0])


def _group_called(cluster: Cluster, name: str) -> Group:
    return cluster.groups[name] if name in cluster.groups else group_by_uuid(cluster, name)


def _in_group(cluster: Cluster, question: Question, group: Group) -> tuple[Group, Node | None, str]:
    nodes = list(_nodes(cluster, question, group))
    reasons = {node.name: obstacle(cluster, node, question) for node in nodes}
    fitting = [node for node in nodes if reasons[node.name] is None]
    if question.redundant:
        everywhere = [n for n in cluster.nodes.values() if usable(n) and n.group == group.uuid]
        for node in fitting:
            if not survives(cluster, everywhere, node, question.demand.memory):
                reasons[node.name] = "FailN1"
        fitting = [node for node in fitting if reasons[node.name] is None]
    if fitting:
        best = max(fitting, key=lambda n: (memory_free(cluster, n, running_only=False), n.name))
        return group, best, ""
    counted = Counter(reason for reason in reasons.values() if reason)
    why = ", ".join(f"{reason}: {count}" for reason, count in counted.items())
    said = f"Group {group.name} ({group.alloc_policy}): No valid allocation solutions"
    return group, None, f"{said}, failure reasons: {why}" if why else ""


def _nodes(cluster: Cluster, question: Question, group: Group) -> Iterator[Node]:
    for node in cluster.nodes.values():
        wanted = question.among is None or node.name in question.among
        if wanted and usable(node) and node.group == group.uuid and node.name != question.avoid:
            yield node


def obstacle(cluster: Cluster, node: Node, question: Question) -> str | None:
    """Why hail would not put the demand on the node."""
    demand, policy = question.demand, question.policy
    if demand.memory > memory_free(cluster, node, running_only=False):
        return "FailMem"
    if demand.local_disk > disk_free(cluster, node):
        return "FailDisk"
    if _lacks_spindles(cluster, node, demand):
        return "FailSpindles"
    most = policy["minmax"][0]["max"]
    allowed = node.cpus * policy["vcpu-ratio"]
    if demand.vcpus > most["cpu-count"] or vcpus_used(cluster, node) + demand.vcpus > allowed:
        return "FailCPU"
    if demand.memory > most["memory-size"]:
        return "FailMem"
    return "FailTags" if _keeps_apart(cluster, node, demand) else None


def _lacks_spindles(cluster: Cluster, node: Node, demand: Demand) -> bool:
    exclusive = node.spindles > 0 and demand.template == EXCLUSIVE
    return exclusive and demand.spindles > spindles_free(cluster, node)


def _keeps_apart(cluster: Cluster, node: Node, demand: Demand) -> bool:
    """Whether the node has an instance with one of the demand's exclusion tags."""
    prefixes = tuple(f"{t[len(EXCLUSION) :]}:" for t in cluster.tags if t.startswith(EXCLUSION))
    marks = {tag for tag in demand.tags if prefixes and tag.startswith(prefixes)}
    return bool(marks) and any(not marks.isdisjoint(i.tags) for i in located(cluster, node))
