"""The fields of groups, networks, locks, filters and exports."""

from collections.abc import Callable
from typing import Any

from deploy.simulator import pools
from deploy.simulator.catalogue import CLUSTER
from deploy.simulator.model import FilterRule, Group, Json, Network, Node
from deploy.simulator.query.cells import UNKNOWN, Cell, normal
from deploy.simulator.reading import ipolicy_of
from deploy.simulator.world import World

_CONSTANTS: Json = CLUSTER["constants"]


def _nodes(world: World, group: Group) -> list[Node]:
    return [node for node in world.cluster.nodes.values() if node.group == group.uuid]


def _instances(world: World, group: Group) -> list[str]:
    names = {node.name for node in _nodes(world, group)}
    return sorted(i.name for i in world.cluster.instances.values() if i.pnode in names)


def _users(world: World, network: Network) -> list[str]:
    return sorted(
        i.name
        for i in world.cluster.instances.values()
        if any(nic.network == network.uuid for nic in i.nics)
    )


def _links(world: World, network: Network) -> list[list[str]]:
    names = {group.uuid: group.name for group in world.cluster.groups.values()}
    return [
        [names[uuid], params["mode"], params["link"], params["vlan"]]
        for uuid, params in network.groups.items()
    ]


# fmt: off
_GROUP: dict[str, Callable[[World, Group], Any]] = {
    "alloc_policy":      lambda w, g: g.alloc_policy,
    "name":              lambda w, g: g.name,
    "node_cnt":          lambda w, g: len(_nodes(w, g)),
    "node_list":         lambda w, g: sorted(node.name for node in _nodes(w, g)),
    "pinst_cnt":         lambda w, g: len(_instances(w, g)),
    "pinst_list":        _instances,
    "ipolicy":           lambda w, g: {**ipolicy_of(w), **g.ipolicy},
    "custom_ipolicy":    lambda w, g: g.ipolicy,
    "diskparams":        lambda w, g: {**_CONSTANTS["diskparams"], **g.diskparams},
    "custom_diskparams": lambda w, g: g.diskparams,
    "ndparams":          lambda w, g: {**_CONSTANTS["ndparams"], **g.ndparams},
    "custom_ndparams":   lambda w, g: g.ndparams,
    "ctime":             lambda w, g: g.ctime,
    "mtime":             lambda w, g: g.mtime,
    "uuid":              lambda w, g: g.uuid,
    "serial_no":         lambda w, g: g.serial_no,
    "tags":              lambda w, g: g.tags,
}
_NETWORK: dict[str, Callable[[World, Network], Any]] = {
    "name":                  lambda w, n: n.name,
    "network":               lambda w, n: n.network,
    "gateway":               lambda w, n: n.gateway,
    "network6":              lambda w, n: n.network6,
    "gateway6":              lambda w, n: n.gateway6,
    "mac_prefix":            lambda w, n: n.mac_prefix,
    "free_count":            lambda w, n: pools.block(n).num_addresses - pools.used_count(n),
    "reserved_count":        lambda w, n: pools.used_count(n),
    "map":                   lambda w, n: pools.bitmap(n),
    "group_list":            _links,
    "group_cnt":             lambda w, n: len(n.groups),
    "inst_list":             _users,
    "inst_cnt":              lambda w, n: len(_users(w, n)),
    "external_reservations": lambda w, n: pools.external_text(n),
    "ctime":                 lambda w, n: n.ctime,
    "mtime":                 lambda w, n: n.mtime,
    "uuid":                  lambda w, n: n.uuid,
    "serial_no":             lambda w, n: n.serial_no,
    "tags":                  lambda w, n: n.tags,
}
# fmt: on
G_FIELDS = [
    "alloc_policy",
    "name",
    "node_cnt",
    "node_list",
    "ipolicy",
    "custom_ipolicy",
    "diskparams",
    "custom_diskparams",
    "ndparams",
    "custom_ndparams",
    "ctime",
    "mtime",
    "uuid",
    "serial_no",
    "tags",
]
NET_FIELDS = [
    "name",
    "network",
    "gateway",
    "network6",
    "gateway6",
    "mac_prefix",
    "free_count",
    "reserved_count",
    "map",
    "group_list",
    "inst_list",
    "external_reservations",
    "ctime",
    "mtime",
    "uuid",
    "serial_no",
    "tags",
]


def group_cell(world: World, group: Group, name: str) -> Cell:
    """One field of one group."""
    head, _, rest = name.partition("/")
    if head == "ndp" and rest in _CONSTANTS["ndparams"]:
        return normal({**_CONSTANTS["ndparams"], **group.ndparams}[rest])
    return normal(_GROUP[name](world, group)) if name in _GROUP else UNKNOWN


def network_cell(world: World, network: Network, name: str) -> Cell:
    """One field of one network."""
    return normal(_NETWORK[name](world, network)) if name in _NETWORK else UNKNOWN


def filter_cell(_: World, rule: FilterRule, name: str) -> Cell:
    """One field of one job filter rule."""
    return normal(getattr(rule, name)) if name in FilterRule.__slots__ else UNKNOWN


def row_cell(_: World, row: Json, name: str) -> Cell:
    """One field of something that is a row already: a lock, an export."""
    found: Cell = row.get(name, UNKNOWN)
    return found
