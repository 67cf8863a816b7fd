"""The NIC part of OP_INSTANCE_SET_PARAMS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.simulator import pools
from deploy.simulator.logic.devices import (
    Modification,
    as_modifications,
    plugged,
    position,
    refuse_duplicate_name,
)
from deploy.simulator.logic.nics import available, effective, pick_mac, release
from deploy.simulator.logic.run import NOT_UNIQUE, UNKNOWN, WRONG_INPUT, WRONG_STATE, Run, prereq
from deploy.simulator.model import Instance, Json, Network, Nic

MAX_NICS = 8
Results = list[list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NicChange:
    """A checked change: how to make it, and how to give back what the check has reserved."""

    apply: Callable[[], Results]
    undo: Callable[[], None]


def plan_nics(run: Run, instance: Instance, *, hotplug: bool) -> list[NicChange]:
    """Check all NIC changes and reserve the addresses they need."""
    changes: list[NicChange] = []
    try:
        changes.extend(
            _plan(run, instance, asked, hotplug=hotplug)
            for asked in as_modifications(run.input["nics"], "NIC")
        )
    except BaseException:
        undo_nics(changes)
        raise
    return changes


def undo_nics(changes: list[NicChange]) -> None:
    """Give back every reserved address."""
    for change in changes:
        change.undo()


def _plan(run: Run, instance: Instance, asked: Modification, *, hotplug: bool) -> NicChange:
    action, which, params = asked
    if action == "add":
        return _plan_add(run, instance, params, hotplug=hotplug)
    index = position("NIC", which, instance.nics)
    if index is None:
        raise prereq(f"Cannot find NIC with identifier {which}", UNKNOWN)
    if index < 0:
        raise prereq("Instance has no NICs", WRONG_INPUT)
    nic = instance.nics[index]
    if action == "remove":
        return _plan_remove(run, instance, nic, index, hotplug=hotplug)
    return _plan_modify(run, instance, nic, params, hotplug=hotplug)


def _plan_add(run: Run, instance: Instance, params: Json, *, hotplug: bool) -> NicChange:
    if len(instance.nics) >= MAX_NICS:
        raise prereq(
            f"Instance has too many network interfaces ({len(instance.nics)}), cannot add more",
            WRONG_STATE,
        )
    network = _network(run, params)
    mac = pick_mac(run, params.get("mac"), network)
    nic = Nic(uuid=run.world.ids.uuid(), mac=mac, name=params.get("name"))
    params["mac"] = mac
    undo = _address(run, instance, nic, network, params)
    try:
        refuse_duplicate_name("NIC", nic.name, {other.name for other in instance.nics})
    except BaseException:
        undo()
        raise
    index = len(instance.nics)
    label = f"nic.{index}"

    def apply() -> Results:
        instance.nics.append(nic)
        shown = effective(run.settings.bridges[-1], nic)
        text = (
            f"add:mac={nic.mac},ip={nic.ip},mode={shown['mode']},link={shown['link']},"
            f"network={network.name if network else None}"
        )
        return [[label, text], *plugged(run, label, hotplug=hotplug)]

    return NicChange(apply=apply, undo=undo)


def _plan_remove(run: Run, instance: Instance, nic: Nic, index: int, *, hotplug: bool) -> NicChange:
    def apply() -> Results:
        release(run, nic)
        instance.nics.remove(nic)
        label = f"NIC/{index}"
        return [[label, "remove"], *plugged(run, label, hotplug=hotplug)]

    return NicChange(apply=apply, undo=lambda: None)


def _plan_modify(
    run: Run, instance: Instance, nic: Nic, params: Json, *, hotplug: bool
) -> NicChange:
    index = instance.nics.index(nic)
    new = Nic(uuid=nic.uuid, mac=nic.mac, name=nic.name, ip=nic.ip, network=nic.network)
    new.params = dict(nic.params)
    moved = "network" in params or "ip" in params
    network = _network(run, params) if "network" in params else _current(run, nic)
    if "mac" in params:
        if params["mac"] in {"auto", "generate", None}:
            raise prereq(
                "'auto' is not a valid MAC address when modifying an existing NIC", WRONG_INPUT
            )
        new.mac = pick_mac(run, params["mac"], network)
    taken = {other.name for other in instance.nics if other is not nic}
    new.name = params.get("name", nic.name)
    refuse_duplicate_name("NIC", new.name, taken)
    undo = _address(run, instance, new, network, params) if moved else lambda: None
    if network is None:
        new.params |= {k: params[k] for k in ("mode", "link", "vlan") if params.get(k)}

    def apply() -> Results:
        if moved and (nic.ip, nic.network) != (new.ip, new.network):
            release(run, nic)
        instance.nics[index] = new
        shown = effective(run.settings.bridges[-1], new)
        changed: Json = {
            name: getattr(new, name) for name in ("mac", "ip", "name") if name in params
        }
        changed |= {name: shown[name] for name in ("link", "mode", "vlan")}
        changes = [[f"nic.{name}/{index}", value] for name, value in changed.items()]
        return [*changes, *plugged(run, f"nic/{index}", hotplug=hotplug)]

    return NicChange(apply=apply, undo=undo)


def _current(run: Run, nic: Nic) -> Network | None:
    return next((n for n in run.cluster.networks.values() if n.uuid == nic.network), None)


def _network(run: Run, params: Json) -> Network | None:
    name = params.get("network")
    if name in {None, "none"}:
        if params.get("ip") == "pool":
            raise prereq("If ip=pool, parameter network cannot be none", WRONG_INPUT)
        return None
    if params.get("mode") or params.get("link"):
        raise prereq("If network is given mode or link should not", WRONG_INPUT)
    return run.find_network(str(name))


def _address(
    run: Run, instance: Instance, nic: Nic, network: Network | None, params: Json
) -> Callable[[], None]:
    ip = params.get("ip", nic.ip)
    if network is None:
        nic.network, nic.ip = None, None if ip == "none" else ip
        nic.params = {k: params[k] for k in ("mode", "link", "vlan") if params.get(k)}
        return lambda: None
    connection = network.groups.get(run.cluster.nodes[instance.pnode].group)
    if connection is None:
        raise prereq(
            f"No netparams found for the network {network.name}, probably not connected",
            WRONG_INPUT,
        )
    same = nic.network == network.uuid and nic.ip == ip
    nic.network, nic.params = network.uuid, dict(connection)
    if same or ip in {None, "none"}:
        nic.ip = None if ip == "none" else ip
        return lambda: None
    free = _reserve(run, network, str(ip))
    nic.ip = pools.address(network, free)
    return lambda: network.reserved.discard(free)


def _reserve(run: Run, network: Network, ip: str) -> int:
    if ip == "pool":
        free = pools.first_free(network)
        if free is None:
            raise prereq("Unable to get a free IP from the address pool", WRONG_STATE)
        run.info(f"Chose IP {pools.address(network, free)} from network {network.name}")
    else:
        free = pools.offset(network, ip)
        if free is None or not available(network, free, strict=run.get("conflicts_check", True)):
            raise prereq(f"IP {ip} not available in network {network.name}", NOT_UNIQUE)
        run.info(f"Reserving IP {ip} in network {network.name}")
    network.reserved.add(free)
    return free
