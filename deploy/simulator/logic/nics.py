"""Network interfaces: making one from what a body says, and giving its address back."""

from typing import Any

from deploy.simulator import pools
from deploy.simulator.logic.run import (
    ENVIRONMENT,
    NOT_UNIQUE,
    WRONG_INPUT,
    WRONG_STATE,
    Run,
    prereq,
)
from deploy.simulator.model import Instance, Json, Network, Nic, Node


def prepare(run: Run, spec: Json, index: int, node: Node) -> Nic:
    """A new NIC for an instance that is being created on `node`; takes its address."""
    name = spec.get("network")
    network = run.find_network(name) if name is not None else None
    nic = Nic(
        uuid=run.world.ids.uuid(),
        mac=pick_mac(run, spec.get("mac"), network),
        name=spec.get("name"),
    )
    if network is None:
        _refuse_pool(spec)
        _set_params(nic, spec)
        nic.ip = spec.get("ip")
        return nic
    params = inherited(run, network, node)
    run.info(f"NIC/{index} inherits netparams {[params['link'], params['mode'], params['vlan']]}")
    nic.network, nic.params = network.uuid, dict(params)
    _take(run, nic, network, spec.get("ip"), index)
    return nic


def pick_mac(run: Run, wanted: str | None, network: Network | None) -> str:
    """The wanted MAC address when it is free, or a new one."""
    used = macs_in_use(run)
    if wanted not in {None, "auto", "generate"}:
        if wanted in used:
            raise prereq(f"MAC address {wanted} already in use in cluster", NOT_UNIQUE)
        return str(wanted).lower()
    prefix = (network.mac_prefix if network else None) or run.cluster.mac_prefix
    while (mac := run.world.ids.mac(prefix)) in used:
        continue
    return mac


def _refuse_pool(spec: Json) -> None:
    if spec.get("ip") == "pool":
        raise prereq("if ip=pool, parameter network must be passed too", WRONG_INPUT)


def _set_params(nic: Nic, spec: Json) -> None:
    nic.params = {name: spec[name] for name in ("mode", "link", "vlan") if spec.get(name)}
    if "link" not in nic.params and spec.get("bridge"):
        nic.params["link"] = spec["bridge"]


def inherited(run: Run, network: Network, node: Node) -> Json:
    """What a NIC gets from its network's connection to the node's group."""
    params = network.groups.get(node.group)
    if params is None:
        raise prereq(
            f"No netparams found for network {network.name}. "
            f"Probably not connected to node's {node.name} nodegroup",
            WRONG_INPUT,
        )
    return params


def _take(run: Run, nic: Nic, network: Network, ip: Any, index: int) -> None:
    if ip is None:
        return
    if ip == "pool":
        free = pools.first_free(network)
        if free is None:
            raise prereq(
                f"Unable to get a free IP for NIC {index} from the address pool", WRONG_STATE
            )
        nic.ip = pools.address(network, free)
        run.info(f"Chose IP {nic.ip} from network {network.name}")
    else:
        free = pools.offset(network, ip)
        if free is None or not available(network, free, strict=run.get("conflicts_check", True)):
            raise prereq(
                f"IP address {ip} already in use or does not belong to network {network.name}",
                NOT_UNIQUE,
            )
        nic.ip = ip
    network.reserved.add(free)


def available(network: Network, position: int, *, strict: bool) -> bool:
    """Whether an address may be given out; outside reservations only count when strict."""
    return position not in network.reserved and not (strict and position in network.external)


def release(run: Run, nic: Nic) -> None:
    """Give the NIC's address back to its network."""
    if nic.network is None or nic.ip is None:
        return
    network = next((n for n in run.cluster.networks.values() if n.uuid == nic.network), None)
    if network is not None and (position := pools.offset(network, nic.ip)) is not None:
        network.reserved.discard(position)


def effective(run_bridge: str, nic: Nic) -> Json:
    """The NIC's parameters with the cluster's defaults."""
    return {"mode": "bridged", "link": run_bridge, "vlan": "", **nic.params}


def check_bridges(run: Run, nics: list[Nic], node: Node) -> None:
    """The bridges that bridged NICs use must exist on the node."""
    missing = []
    for nic in nics:
        params = effective(run.settings.bridges[-1], nic)
        if params["mode"] == "bridged" and params["link"] not in run.settings.bridges:
            missing.append(params["link"])
    if missing:
        raise prereq(
            f"Error checking bridges on destination node '{node.name}': "
            f"Missing bridges {', '.join(missing)}",
            ENVIRONMENT,
        )


def macs_in_use(run: Run) -> set[str]:
    """Every MAC address of the cluster."""
    return {nic.mac for instance in run.cluster.instances.values() for nic in instance.nics}


def release_all(run: Run, instance: Instance) -> None:
    """Give back the addresses of all of an instance's NICs."""
    for nic in instance.nics:
        release(run, nic)
