"""Which routine runs which opcode."""

from collections.abc import Callable

from deploy.simulator.jobs.queue import Routine
from deploy.simulator.logic import (
    administration,
    create,
    exports,
    lifecycle,
    mirrors,
    modify,
    moving,
    multialloc,
    networks,
    power,
    tags,
)
from deploy.simulator.logic.run import Run

# fmt: off
ROUTINES: dict[str, Callable[[Run], Routine]] = {
    "OP_BACKUP_EXPORT":              exports.export,
    "OP_BACKUP_PREPARE":             exports.prepare,
    "OP_CLUSTER_REDIST_CONF":        administration.redistribute,
    "OP_CLUSTER_SET_PARAMS":         administration.set_cluster,
    "OP_GROUP_ADD":                  administration.add_group,
    "OP_GROUP_ASSIGN_NODES":         administration.assign_nodes,
    "OP_GROUP_REMOVE":               administration.remove_group,
    "OP_GROUP_RENAME":               administration.rename_group,
    "OP_GROUP_SET_PARAMS":           administration.set_group,
    "OP_GROUP_VERIFY_DISKS":         administration.verify_disks,
    "OP_INSTANCE_ACTIVATE_DISKS":    lifecycle.activate_disks,
    "OP_INSTANCE_CREATE":            create.create,
    "OP_INSTANCE_DEACTIVATE_DISKS":  lifecycle.deactivate_disks,
    "OP_INSTANCE_FAILOVER":          moving.failover,
    "OP_INSTANCE_GROW_DISK":         lifecycle.grow,
    "OP_INSTANCE_MIGRATE":           moving.migrate,
    "OP_INSTANCE_MULTI_ALLOC":       multialloc.multi_alloc,
    "OP_INSTANCE_QUERY_DATA":        administration.query_instances,
    "OP_INSTANCE_REBOOT":            power.reboot,
    "OP_INSTANCE_RECREATE_DISKS":    lifecycle.recreate_disks,
    "OP_INSTANCE_REINSTALL":         lifecycle.reinstall,
    "OP_INSTANCE_REMOVE":            lifecycle.remove,
    "OP_INSTANCE_RENAME":            lifecycle.rename,
    "OP_INSTANCE_REPLACE_DISKS":     mirrors.replace_disks,
    "OP_INSTANCE_SET_PARAMS":        modify.modify,
    "OP_INSTANCE_SHUTDOWN":          power.shutdown,
    "OP_INSTANCE_STARTUP":           power.startup,
    "OP_NETWORK_ADD":                networks.add,
    "OP_NETWORK_CONNECT":            networks.connect,
    "OP_NETWORK_DISCONNECT":         networks.disconnect,
    "OP_NETWORK_REMOVE":             networks.remove,
    "OP_NETWORK_RENAME":             networks.rename,
    "OP_NETWORK_SET_PARAMS":         networks.change,
    "OP_NODE_EVACUATE":              moving.evacuate,
    "OP_NODE_MIGRATE":               moving.migrate_node,
    "OP_NODE_MODIFY_STORAGE":        administration.modify_storage,
    "OP_NODE_POWERCYCLE":            administration.power_cycle,
    "OP_NODE_QUERY_STORAGE":         administration.query_storage,
    "OP_NODE_SET_PARAMS":            administration.set_node,
    "OP_OS_DIAGNOSE":                administration.diagnose_os,
    "OP_REPAIR_NODE_STORAGE":        administration.modify_storage,
    "OP_TAGS_DEL":                   tags.remove,
    "OP_TAGS_SET":                   tags.add,
}
# fmt: on
