"""N+1: whether the instances of any one node still fit when it fails."""

import heapq
from collections.abc import Sequence

from deploy.simulator.logic.parameters import filled_be
from deploy.simulator.logic.placement import memory_free
from deploy.simulator.model import Cluster, Node
from deploy.simulator.world import located


def survives(cluster: Cluster, nodes: Sequence[Node], chosen: Node, memory: int) -> bool:
    """Whether any of the nodes may fail after an instance has come to the chosen one.

    Mirrored instances go to their secondary, all others to wherever there is room.

    Args:
        cluster: of the nodes.
        nodes: of one group, in service.
        chosen: which of them takes the instance.
        memory: MiB of the instance.
    """
    free = {node.name: memory_free(cluster, node, running_only=False) for node in nodes}
    free[chosen.name] -= memory
    return all(_can_fail(cluster, node, dict(free), memory * (node is chosen)) for node in nodes)


def _can_fail(cluster: Cluster, lost: Node, free: dict[str, int], extra: int) -> bool:
    del free[lost.name]
    homeless = [extra] if extra else []
    for instance in located(cluster, lost):
        if instance.admin_state == "offline":
            continue
        need = filled_be(cluster, instance.beparams)["maxmem"]
        if instance.snodes and instance.snodes[0] in free:
            free[instance.snodes[0]] -= need
        else:
            homeless.append(need)
    return min(free.values(), default=0) >= 0 and _fits(homeless, list(free.values()))


def _fits(needs: list[int], rooms: list[int]) -> bool:
    """Whether the needs fit into the rooms, largest first, each into the emptiest."""
    emptiest = [-room for room in rooms]
    heapq.heapify(emptiest)
    for need in sorted(needs, reverse=True):
        if not emptiest or -emptiest[0] < need:
            return False
        heapq.heapreplace(emptiest, emptiest[0] + need)
    return True
