"""Networks: add, change, connect to node groups, disconnect, remove."""

import ipaddress

from deploy.simulator import pools
from deploy.simulator.clock import now
from deploy.simulator.jobs.queue import Routine
from deploy.simulator.logic.run import EXISTS, WRONG_INPUT, WRONG_STATE, Run, failure, prereq
from deploy.simulator.model import Group, Network
from deploy.simulator.world import touch


def add(run: Run) -> Routine:
    """OP_NETWORK_ADD."""
    name = run.input["network_name"]
    for other in run.cluster.networks.values():
        if other.name == name:
            raise prereq(
                f"Desired network name '{name}' already exists as a network (UUID: {other.uuid})",
                EXISTS,
            )
    if run.get("dry_run"):
        run.info("dry-run mode requested, not actually executing the operation")
        return None
    yield run.pause()
    network = Network(
        name=name,
        uuid=run.world.ids.uuid(),
        network=run.input["network"],
        gateway=run.get("gateway"),
        network6=run.get("network6"),
        gateway6=run.get("gateway6"),
        mac_prefix=run.get("mac_prefix"),
        tags=list(run.get("tags") or []),
        ctime=(created := now()),
        mtime=created,
    )
    _check_size(network)
    size = pools.block(network).num_addresses
    network.external = {0, size - 1}
    for address in [run.get("gateway"), *(run.get("add_reserved_ips") or [])]:
        if address is not None:
            network.external.add(_position(network, address))
    run.cluster.networks[name] = network
    run.world.happened("network.added", name)
    return None


def rename(run: Run) -> Routine:
    """OP_NETWORK_RENAME, which 3.1 has brought."""
    network = run.find_network(run.input["network_name"])
    new = run.input["new_name"]
    if new in run.cluster.networks:
        uuid = run.cluster.networks[new].uuid
        raise prereq(
            f"Desired new name '{new}' clashes with existing network (UUID: {uuid})", EXISTS
        )
    yield run.pause()
    del run.cluster.networks[network.name]
    network.name = new
    run.cluster.networks[new] = network
    touch(network)
    return new


def _check_size(network: Network) -> None:
    size = pools.block(network).num_addresses
    intro = f"Cannot create IP address pool for network '{network.name}': "
    if size > 65536:
        raise failure(
            f"{intro}A big network with {size} host(s) is currently not supported. "
            "please specify at most a /16 network"
        )
    if size < 4:
        raise failure(
            f"{intro}A network with only {size} host(s) is too small, "
            "please specify at least a /30 network"
        )


def _position(network: Network, address: str) -> int:
    position = pools.offset(network, address)
    if position is None:
        raise failure(
            f"Cannot create IP address pool for network '{network.name}': "
            f"{network.network} does not contain {address}"
        )
    return position


def change(run: Run) -> Routine:
    """OP_NETWORK_SET_PARAMS."""
    network = run.find_network(run.input["network_name"])
    reserve, release = run.get("add_reserved_ips") or [], run.get("remove_reserved_ips") or []
    if run.get("gateway") and (reserve or release):
        raise prereq("Cannot modify gateway and reserved ips at once", WRONG_INPUT)
    yield run.pause()
    if run.get("gateway"):
        _move_gateway(network, run.input["gateway"])
    for address in reserve:
        network.external.add(_position(network, address))
    for address in release:
        network.external.discard(_position(network, address))
    for name in ("mac_prefix", "network6", "gateway6"):
        if name in run.input:
            setattr(network, name, run.input[name])
    touch(network)
    return None


def _move_gateway(network: Network, wanted: str) -> None:
    if network.gateway is not None:
        network.external.discard(_position(network, network.gateway))
    network.gateway = None if wanted == "none" else str(ipaddress.IPv4Address(wanted))
    if network.gateway is not None:
        network.external.add(_position(network, network.gateway))


def remove(run: Run) -> Routine:
    """OP_NETWORK_REMOVE."""
    network = run.find_network(run.input["network_name"])
    if network.groups:
        names = [g.name for g in run.cluster.groups.values() if g.uuid in network.groups]
        run.warn(
            f"Network '{network.name}' is connected to the following node groups: "
            + ", ".join(sorted(names))
        )
        raise prereq("Network still connected", WRONG_STATE)
    yield run.pause()
    del run.cluster.networks[network.name]
    run.world.happened("network.removed", network.name)
    return None


def connect(run: Run) -> Routine:
    """OP_NETWORK_CONNECT; connecting twice is a success that changes nothing."""
    network = run.find_network(run.input["network_name"])
    group = run.find_group(run.input["group_name"])
    if group.uuid in network.groups:
        run.warn(f"Network '{network.name}' is already mapped to group '{group.name}'")
        return None
    yield run.pause()
    network.groups[group.uuid] = {
        "mode": run.input["network_mode"],
        "link": run.get("network_link") or run.settings.bridges[-1],
        "vlan": run.get("network_vlan") or "",
    }
    touch(group)
    run.world.happened("network.connected", network.name, group=group.name)
    return None


def disconnect(run: Run) -> Routine:
    """OP_NETWORK_DISCONNECT; not being connected is a success that changes nothing."""
    network = run.find_network(run.input["network_name"])
    group = run.find_group(run.input["group_name"])
    if group.uuid not in network.groups:
        run.warn(f"Network '{network.name}' is not mapped to group '{group.name}'")
        return None
    in_use = _addresses_in_use(run, network, group)
    if in_use:
        run.warn(
            f"IP addresses from network '{network.name}', which is about to disconnect "
            f"from node group '{group.name}', are in use: {', '.join(in_use)}"
        )
        raise prereq(
            "Conflicting IP addresses found;  remove/modify the corresponding network interfaces",
            WRONG_STATE,
        )
    yield run.pause()
    del network.groups[group.uuid]
    touch(group)
    run.world.happened("network.disconnected", network.name, group=group.name)
    return None


def _addresses_in_use(run: Run, network: Network, group: Group) -> list[str]:
    found = []
    for instance in sorted(run.cluster.instances.values(), key=lambda i: i.name):
        if run.cluster.nodes[instance.pnode].group != group.uuid:
            continue
        used = [
            f"nic{index}/{nic.ip}"
            for index, nic in enumerate(instance.nics)
            if nic.network == network.uuid
        ]
        if used:
            found.append(f"{instance.name}: {', '.join(used)}")
    return found
