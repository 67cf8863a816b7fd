"""The fields of a node."""

from collections.abc import Callable
from typing import Any

from deploy.simulator.catalogue import CLUSTER
from deploy.simulator.logic.placement import disk_free, memory_free, spindles_free
from deploy.simulator.model import Json, Node
from deploy.simulator.query.cells import NO_DATA, OFFLINE, UNAVAILABLE, UNKNOWN, Cell, normal
from deploy.simulator.world import World, group_by_uuid, primaries

_Getter = Callable[[World, Node], Any]
_NDPARAMS: Json = CLUSTER["constants"]["ndparams"]


def role_of(node: Node) -> str:
    """M, C, R, D or O."""
    if node.offline:
        return "O"
    if node.master:
        return "M"
    if node.drained:
        return "D"
    return "C" if node.candidate else "R"


def _mirrored(world: World, node: Node) -> list[str]:
    return sorted(i.name for i in world.cluster.instances.values() if node.name in i.snodes)


# fmt: off
_PLAIN: dict[str, _Getter] = {
    "name":             lambda w, n: n.name,
    "offline":          lambda w, n: n.offline,
    "drained":          lambda w, n: n.drained,
    "master":           lambda w, n: n.master,
    "master_candidate": lambda w, n: n.candidate,
    "master_capable":   lambda w, n: True,
    "vm_capable":       lambda w, n: True,
    "pinst_cnt":        lambda w, n: len(primaries(w.cluster, n)),
    "pinst_list":       lambda w, n: [i.name for i in primaries(w.cluster, n)],
    "sinst_cnt":        lambda w, n: len(_mirrored(w, n)),
    "sinst_list":       _mirrored,
    "pip":              lambda w, n: n.address,
    "sip":              lambda w, n: n.address,
    "role":             lambda w, n: role_of(n),
    "ndparams":         lambda w, n: _NDPARAMS,
    "custom_ndparams":  lambda w, n: {},
    "group":            lambda w, n: group_by_uuid(w.cluster, n.group).name,
    "group.uuid":       lambda w, n: n.group,
    "ctime":            lambda w, n: n.ctime,
    "mtime":            lambda w, n: n.mtime,
    "uuid":             lambda w, n: n.uuid,
    "serial_no":        lambda w, n: n.serial_no,
    "tags":             lambda w, n: n.tags,
}
_LIVE: dict[str, _Getter] = {
    "dtotal":   lambda w, n: n.disk,
    "dfree":    lambda w, n: disk_free(w.cluster, n),
    "mtotal":   lambda w, n: n.memory,
    "mnode":    lambda w, n: n.reserved,
    "mfree":    lambda w, n: memory_free(w.cluster, n),
    "ctotal":   lambda w, n: n.cpus,
    "cnos":     lambda w, n: n.cpus,
    "cnodes":   lambda w, n: 1,
    "csockets": lambda w, n: 1,
    "bootid":   lambda w, n: n.uuid,
    "sptotal":  lambda w, n: n.spindles or None,
    "spfree":   lambda w, n: spindles_free(w.cluster, n) if n.spindles else None,
}
# fmt: on
N_FIELDS = [
    "name",
    "offline",
    "master_candidate",
    "drained",
    "dtotal",
    "dfree",
    "sptotal",
    "spfree",
    "mtotal",
    "mnode",
    "mfree",
    "pinst_cnt",
    "sinst_cnt",
    "ctotal",
    "cnos",
    "cnodes",
    "csockets",
    "pip",
    "sip",
    "role",
    "pinst_list",
    "sinst_list",
    "master_capable",
    "vm_capable",
    "ndparams",
    "group.uuid",
    "ctime",
    "mtime",
    "uuid",
    "serial_no",
    "tags",
]


def cell(world: World, node: Node, name: str) -> Cell:
    """One field of one node."""
    if name in _PLAIN:
        return normal(_PLAIN[name](world, node))
    if name in _LIVE:
        if node.offline:
            return OFFLINE
        value = None if node.down else _LIVE[name](world, node)
        return NO_DATA if value is None else normal(value)
    head, _, rest = name.partition("/")
    if head == "ndp" and rest in _NDPARAMS:
        return normal(_NDPARAMS[rest])
    return UNAVAILABLE if name in {"powered", "hv_state", "disk_state"} else UNKNOWN
