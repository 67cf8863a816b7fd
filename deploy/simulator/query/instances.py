"""The fields of an instance."""

from collections.abc import Callable
from typing import Any

from deploy.simulator.logic.nics import effective
from deploy.simulator.logic.parameters import filled_be, filled_hv
from deploy.simulator.model import Instance, Json
from deploy.simulator.query.cells import NO_DATA, OFFLINE, UNAVAILABLE, UNKNOWN, Cell, at, normal
from deploy.simulator.reading import oper_state, status_of
from deploy.simulator.world import World, group_by_uuid

_Getter = Callable[[World, Instance], Any]


def _beparams(world: World, i: Instance) -> Json:
    filled = filled_be(world.cluster, i.beparams)
    return {**filled, "memory": filled["maxmem"]}


def _nic_values(name: str) -> Callable[[World, Instance], list[Any]]:
    def values(world: World, i: Instance) -> list[Any]:
        default = world.settings.bridges[-1]
        return [effective(default, nic)[name] for nic in i.nics]

    return values


def _bridges(world: World, i: Instance) -> list[Any]:
    shown = [effective(world.settings.bridges[-1], nic) for nic in i.nics]
    return [nic["link"] if nic["mode"] == "bridged" else None for nic in shown]


def _network_names(world: World, i: Instance) -> list[Any]:
    names = {network.uuid: network.name for network in world.cluster.networks.values()}
    return [names.get(nic.network) if nic.network else None for nic in i.nics]


def _vcpus(world: World, i: Instance) -> Any:
    return filled_be(world.cluster, i.beparams)["vcpus"]


def _group(world: World, i: Instance, attribute: str) -> Any:
    return _group_of(world, i.pnode, attribute)


def _group_of(world: World, node: str, attribute: str) -> Any:
    uuid = world.cluster.nodes[node].group
    return getattr(group_by_uuid(world.cluster, uuid), attribute)


# fmt: off
_PLAIN: dict[str, _Getter] = {
    "name":               lambda w, i: i.name,
    "admin_state":        lambda w, i: i.admin_state,
    "admin_state_source": lambda w, i: i.admin_state_source,
    "admin_up":           lambda w, i: i.admin_state == "up",
    "beparams":           _beparams,
    "ctime":              lambda w, i: i.ctime,
    "custom_beparams":    lambda w, i: i.beparams,
    "custom_hvparams":    lambda w, i: i.hvparams,
    "custom_nicparams":   lambda w, i: [nic.params for nic in i.nics],
    "custom_osparams":    lambda w, i: i.osparams,
    "disk.count":         lambda w, i: len(i.disks),
    "disk.names":         lambda w, i: [disk.name for disk in i.disks],
    "disk.sizes":         lambda w, i: [disk.size for disk in i.disks],
    "disk.spindles":      lambda w, i: [None for _ in i.disks],
    "disk.uuids":         lambda w, i: [disk.uuid for disk in i.disks],
    "disk_template":      lambda w, i: i.disk_template,
    "disk_usage":         lambda w, i: sum(disk.size for disk in i.disks),
    "disks_active":       lambda w, i: i.disks_active,
    "forthcoming":        lambda w, i: False,
    "hvparams":           lambda w, i: filled_hv(i),
    "hypervisor":         lambda w, i: i.hypervisor,
    "mtime":              lambda w, i: i.mtime,
    "network_port":       lambda w, i: i.network_port,
    "nic.bridges":        _bridges,
    "nic.count":          lambda w, i: len(i.nics),
    "nic.ips":            lambda w, i: [nic.ip for nic in i.nics],
    "nic.links":          _nic_values("link"),
    "nic.macs":           lambda w, i: [nic.mac for nic in i.nics],
    "nic.modes":          _nic_values("mode"),
    "nic.names":          lambda w, i: [nic.name for nic in i.nics],
    "nic.networks":       lambda w, i: [nic.network for nic in i.nics],
    "nic.networks.names": _network_names,
    "nic.uuids":          lambda w, i: [nic.uuid for nic in i.nics],
    "nic.vlans":          _nic_values("vlan"),
    "os":                 lambda w, i: i.os,
    "osparams":           lambda w, i: i.osparams,
    "pnode":              lambda w, i: i.pnode,
    "pnode.group":        lambda w, i: _group(w, i, "name"),
    "pnode.group.uuid":   lambda w, i: _group(w, i, "uuid"),
    "serial_no":          lambda w, i: i.serial_no,
    "snodes":             lambda w, i: i.snodes,
    "snodes.group":       lambda w, i: [_group_of(w, name, "name") for name in i.snodes],
    "snodes.group.uuid":  lambda w, i: [_group_of(w, name, "uuid") for name in i.snodes],
    "status":             lambda w, i: status_of(w.cluster, i),
    "tags":               lambda w, i: i.tags,
    "uuid":               lambda w, i: i.uuid,
    "vcpus":              _vcpus,
}
_FIRST = {  # fields of the first device, from before there were lists
    "ip": "nic.ips", "mac": "nic.macs", "bridge": "nic.bridges", "nic_mode": "nic.modes",
    "nic_link": "nic.links", "nic_network": "nic.networks", "sda_size": "disk.sizes",
}
_LIVE: dict[str, _Getter] = {
    "oper_state": lambda w, i: i.running,
    "oper_ram":   lambda w, i: filled_be(w.cluster, i.beparams)["maxmem"] if i.running else None,
    "oper_vcpus": lambda w, i: _vcpus(w, i) if i.running else None,
}
_INDEXED = {
    "nic.ip": "nic.ips", "nic.mac": "nic.macs", "nic.mode": "nic.modes", "nic.link": "nic.links",
    "nic.name": "nic.names", "nic.uuid": "nic.uuids", "nic.network": "nic.networks",
    "nic.network.name": "nic.networks.names", "nic.bridge": "nic.bridges",
    "nic.vlan": "nic.vlans", "disk.size": "disk.sizes", "disk.uuid": "disk.uuids",
    "disk.name": "disk.names", "disk.spindles": "disk.spindles",
}
# fmt: on
_LISTED = {"hvparams", "beparams"}

I_FIELDS = [
    "name",
    "admin_state",
    "os",
    "pnode",
    "snodes",
    "disk_template",
    "nic.ips",
    "nic.macs",
    "nic.modes",
    "nic.uuids",
    "nic.names",
    "nic.links",
    "nic.networks",
    "nic.networks.names",
    "nic.bridges",
    "network_port",
    "disk.sizes",
    "disk.spindles",
    "disk_usage",
    "disk.uuids",
    "disk.names",
    "beparams",
    "hvparams",
    "oper_state",
    "oper_ram",
    "oper_vcpus",
    "status",
    "custom_hvparams",
    "custom_beparams",
    "custom_nicparams",
    "ctime",
    "mtime",
    "uuid",
    "serial_no",
    "tags",
]


def cell(world: World, instance: Instance, name: str) -> Cell:
    """One field of one instance."""
    if name in _PLAIN:
        value = _PLAIN[name](world, instance)
        return UNAVAILABLE if value is None else normal(value)
    if name in _LIVE:
        return _live(world, instance, name)
    if name in _FIRST:
        return at(_PLAIN[_FIRST[name]](world, instance), "0")
    if name == "sdb_size":
        return at([disk.size for disk in instance.disks], "1")
    if name == "console":
        return console_cell(world, instance)
    return _structured(world, instance, name)


def _live(world: World, instance: Instance, name: str) -> Cell:
    node = world.cluster.nodes[instance.pnode]
    if node.offline:
        return OFFLINE
    if node.down:
        return NO_DATA
    value = _LIVE[name](world, instance)
    return UNAVAILABLE if value is None else normal(value)


def _structured(world: World, instance: Instance, name: str) -> Cell:
    head, _, rest = name.partition("/")
    if head == "be":
        beparams = _beparams(world, instance)
        return normal(beparams[rest]) if rest in beparams else UNKNOWN
    if head == "hv":
        hvparams = filled_hv(instance)
        return normal(hvparams[rest]) if rest in hvparams else UNAVAILABLE
    if head in _INDEXED and rest.isdigit():
        return at(_PLAIN[_INDEXED[head]](world, instance), rest)
    return UNKNOWN


def console_cell(world: World, instance: Instance) -> Cell:
    """How to reach the console, when the instance runs."""
    if not oper_state(world.cluster, instance):
        return UNAVAILABLE
    if instance.hypervisor == "kvm":
        socket = f"/var/run/ganeti/kvm-hypervisor/ctrl/{instance.name}"
        command = [
            "/usr/lib/ganeti/tools/kvm-console-wrapper",
            "/usr/bin/socat",
            instance.name,
            f"{socket}.monitor",
            "STDIO,raw,echo=0,escape=0x1d",
            f"UNIX-CONNECT:{socket}.serial",
        ]
        ends = {"kind": "ssh", "host": instance.pnode, "user": "root", "command": command}
        return normal({"instance": instance.name, **ends})
    message = "Console not available for fake hypervisor"
    return normal({"instance": instance.name, "kind": "msg", "message": message})
