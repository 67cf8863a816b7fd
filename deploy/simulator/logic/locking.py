"""Which locks an opcode takes."""

from typing import Final

from deploy.simulator.jobs.locks import EXCLUSIVE, SHARED
from deploy.simulator.model import Cluster, Json
from deploy.simulator.world import short_match

_NAMED = {
    "instance_name": "instance",
    "network_name": "network",
    "group_name": "nodegroup",
    "node_name": "node",
}
Wanted = dict[str, str]
_CONNECTING: Final = frozenset({"OP_NETWORK_CONNECT", "OP_NETWORK_DISCONNECT"})
_MOVING: Final = frozenset({"OP_INSTANCE_MIGRATE", "OP_INSTANCE_FAILOVER"})


def locks_of(opcode: Json) -> Wanted:
    """Lock names and modes, as the lock query shows them; without those of nodes."""
    wanted = {"cluster/BGL": SHARED}
    for parameter, level in _NAMED.items():
        if opcode.get(parameter) is not None:
            wanted[f"{level}/{opcode[parameter]}"] = EXCLUSIVE
    if "kind" in opcode and opcode.get("name") is not None:
        wanted[f"{opcode['kind']}/{opcode['name']}"] = EXCLUSIVE
    if opcode["OP_ID"] in _CONNECTING:
        wanted[f"nodegroup/{opcode['group_name']}"] = SHARED
    return wanted


def node_locks(cluster: Cluster, opcode: Json) -> tuple[Wanted, frozenset[str]]:
    """The locks of nodes, and which of them an opportunist can do without."""
    kind = opcode["OP_ID"]
    if kind == "OP_INSTANCE_CREATE":
        nodes = _for_create(cluster, opcode)
        free = frozenset(nodes) if opcode.get("opportunistic_locking") else frozenset[str]()
        return nodes, free
    if kind in _MOVING:
        return _for_move(cluster, opcode), frozenset()
    return {}, frozenset()


def lock_of(node: str) -> str:
    """The name of a node's lock."""
    return f"node/{node}"


def _all(cluster: Cluster) -> Wanted:
    return {lock_of(name): EXCLUSIVE for name in cluster.nodes}


def _for_create(cluster: Cluster, opcode: Json) -> Wanted:
    chosen = [opcode.get("pnode"), opcode.get("snode")]
    found = [short_match(name, cluster.nodes) for name in chosen if name]
    return {lock_of(name): EXCLUSIVE for name in found if name} or _all(cluster)


def _for_move(cluster: Cluster, opcode: Json) -> Wanted:
    name = short_match(opcode["instance_name"], cluster.instances)
    target = short_match(opcode.get("target_node") or "", cluster.nodes)
    if name is None:
        return {}
    instance = cluster.instances[name]
    both = [instance.pnode, *([target] if target else instance.snodes)]
    return {lock_of(n): EXCLUSIVE for n in both} if len(both) > 1 else _all(cluster)
