"""Derived facts about a cluster that both jobs and queries need."""

from typing import Any

from deploy.simulator.catalogue import CLUSTER
from deploy.simulator.logic.placement import ipolicy
from deploy.simulator.model import Cluster, Instance, Json
from deploy.simulator.world import World


def ipolicy_of(world: World) -> Json:
    """The instance policy in force."""
    return {**ipolicy(world.settings, CLUSTER["ipolicy"]), **world.cluster.extra.get("ipolicy", {})}


def status_of(cluster: Cluster, instance: Instance) -> str:
    """The instance's status as Ganeti words it."""
    node = cluster.nodes[instance.pnode]
    if node.offline:
        return "ERROR_nodeoffline"
    if node.down:
        return "ERROR_nodedown"
    if instance.running:
        return "running" if instance.admin_state == "up" else "ERROR_up"
    if instance.admin_state == "up":
        return "USER_down" if instance.user_shutdown else "ERROR_down"
    if instance.admin_state == "offline":
        return "ADMIN_offline"
    return "USER_down" if instance.admin_state_source == "user" else "ADMIN_down"


def oper_state(cluster: Cluster, instance: Instance) -> bool | None:
    """Whether it runs; None when its node cannot be asked."""
    node = cluster.nodes[instance.pnode]
    return None if node.offline or node.down else instance.running


def master_name(cluster: Cluster) -> str:
    """The name of the master node."""
    return next(node.name for node in cluster.nodes.values() if node.master)


def cluster_info(world: World) -> Json:
    """GET /2/info."""
    cluster, settings = world.cluster, world.settings
    constants = CLUSTER["constants"]
    values: dict[str, Any] = {
        **constants,
        "software_version": world.version,
        "vcs_version": f"(ganeti) version {world.version}",
        "name": cluster.name,
        "master": master_name(cluster),
        "default_hypervisor": settings.hypervisors[0],
        "enabled_hypervisors": list(settings.hypervisors),
        "enabled_disk_templates": list(settings.disk_templates),
        "beparams": {"default": {**constants["beparams"]["default"], **cluster.beparams}},
        "ipolicy": ipolicy_of(world),
        "nicparams": {"default": {"mode": "bridged", "link": settings.bridges[-1], "vlan": ""}},
        "max_running_jobs": settings.max_running_jobs,
        "mac_prefix": cluster.mac_prefix,
        "ctime": cluster.ctime,
        "mtime": cluster.mtime,
        "uuid": cluster.uuid,
        "tags": cluster.tags,
        "vg_name": constants["volume_group_name"],
        "drbd_helper": constants["drbd_usermode_helper"],
        **{k: v for k, v in cluster.extra.items() if k != "ipolicy"},
    }
    return {name: values[name] for name in CLUSTER["order"]}
