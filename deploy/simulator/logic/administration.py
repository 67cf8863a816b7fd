"""Nodes, groups, the cluster itself, and the jobs that only read."""

from deploy.simulator.clock import now
from deploy.simulator.jobs.queue import Routine
from deploy.simulator.logic.details import instance_details
from deploy.simulator.logic.placement import disk_free
from deploy.simulator.logic.power import dry
from deploy.simulator.logic.run import EXISTS, UNKNOWN, WRONG_INPUT, WRONG_STATE, Run, prereq
from deploy.simulator.model import Group, Node
from deploy.simulator.world import touch

_FLAGS = {"master_candidate": "candidate", "offline": "offline", "drained": "drained"}
_SETTABLE = frozenset({"ipolicy", "candidate_pool_size", "max_running_jobs", "max_tracked_jobs"})


def set_node(run: Run) -> Routine:
    """OP_NODE_SET_PARAMS: role flags of a node."""
    node = run.find_node(run.input["node_name"])
    run.learn("node_uuid", node.uuid)
    wanted = {flag: run.input[flag] for flag in _FLAGS if run.get(flag) is not None}
    if node.master and wanted:
        raise prereq("The master role can be changed only via master-failover", WRONG_INPUT)
    if not wanted:
        raise prereq("Please pass at least one modification", WRONG_INPUT)
    yield run.pause()
    before = {flag: getattr(node, name) for flag, name in _FLAGS.items()}
    if wanted.get("offline") or wanted.get("drained"):
        node.candidate = False
    if wanted.get("offline"):
        node.drained = False
    if wanted.get("drained") or wanted.get("master_candidate"):
        node.offline = False
    for flag, value in wanted.items():
        setattr(node, _FLAGS[flag], value)
    touch(node)
    run.world.happened("node.changed", node.name, **wanted)
    after = {flag: getattr(node, name) for flag, name in _FLAGS.items()}
    return [[f, str(after[f])] for f in _FLAGS if after[f] != before[f] or f in wanted]


def power_cycle(run: Run) -> Routine:
    """OP_NODE_POWERCYCLE: the node's instances stop running."""
    node = run.find_node(run.input["node_name"])
    if node.master and not run.get("force"):
        raise prereq("The node is the master and the force parameter was not set", WRONG_INPUT)
    yield run.pause()
    for instance in run.cluster.instances.values():
        if instance.pnode == node.name:
            instance.running = False
    return None


def add_group(run: Run) -> Routine:
    """OP_GROUP_ADD."""
    name = run.input["group_name"]
    if name in run.cluster.groups:
        uuid = run.cluster.groups[name].uuid
        raise prereq(
            f"Desired group name '{name}' already exists as a node group (UUID: {uuid})", EXISTS
        )
    if dry(run):
        return None
    yield run.pause()
    group = Group(name=name, uuid=run.world.ids.uuid(), ctime=(at := now()), mtime=at)
    group.alloc_policy = run.get("alloc_policy") or "preferred"
    run.cluster.groups[name] = group
    return None


def remove_group(run: Run) -> Routine:
    """OP_GROUP_REMOVE."""
    group = run.find_group(run.input["group_name"])
    nodes = [node.name for node in run.cluster.nodes.values() if node.group == group.uuid]
    if nodes:
        raise prereq(
            f"Group '{group.name}' not empty, has the following nodes: {', '.join(sorted(nodes))}",
            WRONG_STATE,
        )
    if len(run.cluster.groups) == 1:
        raise prereq(f"Group '{group.name}' is the only group, cannot be removed", WRONG_STATE)
    if dry(run):
        return None
    yield run.pause()
    del run.cluster.groups[group.name]
    return None


def set_group(run: Run) -> Routine:
    """OP_GROUP_SET_PARAMS."""
    group = run.find_group(run.input["group_name"])
    yield run.pause()
    results = []
    if run.get("alloc_policy"):
        group.alloc_policy = run.input["alloc_policy"]
    for name in ("ndparams", "ipolicy", "diskparams"):
        if run.get(name):
            setattr(group, name, {**getattr(group, name), **run.input[name]})
            results.append([name, str(getattr(group, name))])
    touch(group)
    return results


def rename_group(run: Run) -> Routine:
    """OP_GROUP_RENAME."""
    group = run.find_group(run.input["group_name"])
    new = run.input["new_name"]
    if new in run.cluster.groups:
        uuid = run.cluster.groups[new].uuid
        raise prereq(
            f"Desired new name '{new}' clashes with existing node group (UUID: {uuid})", EXISTS
        )
    yield run.pause()
    del run.cluster.groups[group.name]
    group.name = new
    run.cluster.groups[new] = group
    touch(group)
    return new


def assign_nodes(run: Run) -> Routine:
    """OP_GROUP_ASSIGN_NODES."""
    group = run.find_group(run.input["group_name"])
    nodes: list[Node] = [run.find_node(name) for name in run.input["nodes"]]
    yield run.pause()
    for node in nodes:
        node.group = group.uuid
        touch(node)
    return None


def set_cluster(run: Run) -> Routine:
    """OP_CLUSTER_SET_PARAMS: what the simulator shows in /2/info."""
    yield run.pause()
    run.cluster.extra |= {n: run.input[n] for n in _SETTABLE if run.get(n) is not None}
    run.cluster.beparams |= run.get("beparams") or {}
    run.cluster.mtime = now()
    return None


def verify_disks(run: Run) -> Routine:
    """OP_GROUP_VERIFY_DISKS: what ganeti-watcher asks for."""
    run.find_group(run.input["group_name"])
    yield run.pause()
    return [{}, [], {}]


def redistribute(run: Run) -> Routine:
    """OP_CLUSTER_REDIST_CONF."""
    yield run.pause()
    return None


def diagnose_os(run: Run) -> Routine:
    """OP_OS_DIAGNOSE: what GET /2/os waits for."""
    yield run.pause()
    return [
        [name, True, list(found.variants)]
        for name, found in sorted(run.settings.operating_systems.items())
    ]


def query_storage(run: Run) -> Routine:
    """OP_NODE_QUERY_STORAGE."""
    nodes = [run.find_node(name) for name in run.input["nodes"]]
    yield run.pause()
    rows = []
    for node in nodes:
        values = {
            "node": node.name,
            "type": run.input["storage_type"],
            "name": "/srv/ganeti/file-storage",
            "size": node.disk,
            "free": disk_free(run.cluster, node),
            "used": node.disk - disk_free(run.cluster, node),
            "allocatable": True,
        }
        rows.append([values.get(name) for name in run.input["output_fields"]])
    return rows


def query_instances(run: Run) -> Routine:
    """OP_INSTANCE_QUERY_DATA: what GET /2/instances/x/info submits."""
    static = run.input["static"]
    run.learn("use_locking", not static)
    if not static:
        run.warn("Non-static data requested, locks need to be acquired")
    found = {}
    for name in run.input["instances"]:
        instance = run.cluster.instances.get(name)
        if instance is None:
            raise prereq(f"Instance '{name}' not known", UNKNOWN)
        found[name] = instance_details(run, instance, static=static)
    yield run.pause()
    return found


def modify_storage(run: Run) -> Routine:
    """OP_NODE_MODIFY_STORAGE and OP_REPAIR_NODE_STORAGE: file storage has nothing to change."""
    run.find_node(run.input["node_name"])
    yield run.pause()
    raise prereq(
        f"Storage units of type '{run.input['storage_type']}' can not be modified", WRONG_INPUT
    )
