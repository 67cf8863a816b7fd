"""The long description of an instance that OP_INSTANCE_QUERY_DATA gives."""

from typing import Any

from deploy.simulator import pools
from deploy.simulator.logic.disks import logical_id
from deploy.simulator.logic.nics import effective
from deploy.simulator.logic.parameters import filled_be, filled_hv
from deploy.simulator.logic.run import Run
from deploy.simulator.model import Disk, Instance, Json, Network, Nic
from deploy.simulator.world import group_by_uuid


def instance_details(run: Run, instance: Instance, *, static: bool) -> Json:
    """All there is to know about the instance; live data only when not static."""
    node = run.cluster.nodes[instance.pnode]
    group = group_by_uuid(run.cluster, node.group)
    be = filled_be(run.cluster, instance.beparams)
    return {
        "name": instance.name,
        "config_state": instance.admin_state,
        "run_state": None if static else ("up" if instance.running else "down"),
        "pnode": instance.pnode,
        "pnode_group_uuid": group.uuid,
        "pnode_group_name": group.name,
        "snodes": instance.snodes,
        "snodes_group_uuids": [group.uuid for _ in instance.snodes],
        "snodes_group_names": [group.name for _ in instance.snodes],
        "os": instance.os,
        "nics": [_nic(run, nic) for nic in instance.nics],
        "disk_template": instance.disk_template,
        "disks": [
            _disk(instance, disk, index, static=static) for index, disk in enumerate(instance.disks)
        ],
        "hypervisor": instance.hypervisor,
        "network_port": instance.network_port,
        "hv_instance": instance.hvparams,
        "hv_actual": filled_hv(instance),
        "be_instance": instance.beparams,
        "be_actual": {name: be[name] for name in sorted(be)},
        "os_instance": instance.osparams,
        "os_actual": instance.osparams,
        "serial_no": instance.serial_no,
        "mtime": instance.mtime,
        "ctime": instance.ctime,
        "uuid": instance.uuid,
    }


def _nic(run: Run, nic: Nic) -> list[Any]:
    shown = effective(run.settings.bridges[-1], nic)
    network = next((n for n in run.cluster.networks.values() if n.uuid == nic.network), None)
    about = _network(network) if network is not None else None
    ends = [shown["mode"], shown["link"], shown["vlan"], nic.network, about]
    return [nic.name, nic.uuid, nic.ip, nic.mac, *ends]


def _network(network: Network) -> Json:
    size = range(pools.block(network).num_addresses)
    return {
        "name": network.name,
        "serial_no": network.serial_no,
        "mac_prefix": network.mac_prefix,
        "network": network.network,
        "network6": network.network6,
        "gateway": network.gateway,
        "gateway6": network.gateway6,
        "reservations": "".join("1" if p in network.reserved else "0" for p in size),
        "ext_reservations": "".join("1" if p in network.external else "0" for p in size),
        "ctime": network.ctime,
        "mtime": network.mtime,
        "uuid": network.uuid,
        "tags": network.tags,
    }


def _disk(instance: Instance, disk: Disk, index: int, *, static: bool) -> Json:
    where = logical_id(instance, disk, index)
    return {
        "iv_name": f"disk/{index}",
        "dev_type": disk.template,
        "logical_id": where,
        "drbd_info": None,
        "pstatus": None if static else [where[1], None, None, None, None, False, 1],
        "sstatus": None,
        "children": [],
        "mode": disk.mode,
        "size": disk.size,
        "spindles": None,
        "name": disk.name,
        "uuid": disk.uuid,
    }
