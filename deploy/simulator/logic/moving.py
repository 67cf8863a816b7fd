"""Moving instances between nodes: migrate, failover, evacuate."""

from deploy.simulator.jobs.queue import Routine
from deploy.simulator.logic import backing, consoles
from deploy.simulator.logic.hail import Question, hail
from deploy.simulator.logic.mirrors import DRBD
from deploy.simulator.logic.parameters import filled_be
from deploy.simulator.logic.placement import Demand
from deploy.simulator.logic.run import NO_ROOM, WRONG_INPUT, WRONG_STATE, Run, failure, prereq
from deploy.simulator.model import Instance, Json, Node
from deploy.simulator.reading import ipolicy_of
from deploy.simulator.world import primaries, touch

_ANYWHERE = frozenset({"sharedfile", "ext", "rbd", "gluster", "diskless", DRBD})


def migrate(run: Run) -> Routine:
    """OP_INSTANCE_MIGRATE."""
    instance = run.instance()
    _check_layout(instance, "migrations")
    if not instance.running and not run.get("allow_failover"):
        raise prereq("Instance is not running, please use failover", WRONG_STATE)
    run.learn("mode", run.get("mode") or "live")
    source = run.reachable(instance.pnode)
    target = _target(run, instance)
    run.log(f"Migrating instance {instance.name}")
    run.log("* checking disk consistency between source and target")
    run.log(f"* closing instance disks on node {target.name}")
    run.log(f"* opening instance disks on node {source.name} in shared mode")
    run.log(f"* opening instance disks on node {target.name} in shared mode")
    run.log(f"* preparing {target.name} to accept the instance")
    run.log(f"* migrating instance to {target.name}")
    run.log("* starting memory transfer")
    yield run.pause()
    run.log("* memory transfer complete")
    run.log(f"* closing instance disks on node {source.name}")
    run.log(f"* opening instance disks on node {target.name} in exclusive mode")
    run.log("* done")
    yield from _move(run, instance, target)
    return None


def failover(run: Run) -> Routine:
    """OP_INSTANCE_FAILOVER."""
    instance = run.instance()
    _check_layout(instance, "failovers")
    source = run.cluster.nodes[instance.pnode]
    target = _target(run, instance)
    run.log(f"Failover instance {instance.name}")
    run.log("* checking disk consistency between source and target")
    run.log("* shutting down instance on source node")
    if (source.offline or source.down) and not run.get("ignore_consistency"):
        raise failure(f"Could not shutdown instance {instance.name} on node {source.name}")
    yield run.pause()
    run.log(f"* closing instance disks on node {source.name}")
    run.log("* deactivating the instance's disks on source node")
    if instance.admin_state == "up":
        run.log(f"* activating the instance's disks on target node {target.name}")
        run.log(f"* starting the instance on the target node {target.name}")
        instance.running = True
    yield from _move(run, instance, target)
    if instance.running:
        consoles.boot(run.world, instance)
    return None


def _check_layout(instance: Instance, what: str) -> None:
    if instance.disk_template not in _ANYWHERE:
        raise prereq(
            f"Instance's disk layout '{instance.disk_template}' does not allow {what}", WRONG_STATE
        )


def _target(run: Run, instance: Instance) -> Node:
    if instance.snodes:
        if run.get("target_node") or run.get("iallocator"):
            raise prereq(
                f"Instances with disk layout '{instance.disk_template}' only go to their "
                "secondary node: neither target node nor iallocator may be given",
                WRONG_INPUT,
            )
        return run.reachable(instance.snodes[0])
    if run.get("target_node"):
        target = run.find_node(run.input["target_node"])
        if target.name == instance.pnode:
            raise prereq(
                f"Cannot migrate instance {instance.name} to its primary node {target.name}",
                WRONG_STATE,
            )
        return run.reachable(target.name)
    run.learn("iallocator", run.get("iallocator") or "hail")
    node, why = _allocate(run, instance)
    if node is None:
        raise prereq(f"Can't compute nodes using iallocator 'hail': Request failed: {why}", NO_ROOM)
    run.info(f"Selected nodes for instance {instance.name} via iallocator hail: {node.name}")
    return node


def _allocate(run: Run, instance: Instance) -> tuple[Node | None, str]:
    be = filled_be(run.cluster, instance.beparams)
    demand = Demand(
        memory=be["maxmem"],
        vcpus=be["vcpus"],
        disk=0,
        template=instance.disk_template,
        tags=instance.tags,
    )
    question = Question(demand=demand, policy=ipolicy_of(run.world), avoid=instance.pnode)
    return hail(run.cluster, question)


def _move(run: Run, instance: Instance, target: Node) -> backing.Steps:
    yield from backing.deactivate(run, instance)
    if instance.snodes:
        instance.snodes = [instance.pnode]
    instance.pnode = target.name
    if instance.running:
        yield from backing.activate(run, instance)
    touch(instance)
    run.world.happened("instance.moved", instance.name, node=target.name)


def evacuate(run: Run) -> Routine:
    """OP_NODE_EVACUATE: plans one child job per instance."""
    node = run.find_node(run.input["node_name"])
    run.learn("node_uuid", node.uuid)
    run.learn("iallocator", run.get("iallocator") or "hail")
    mode = run.input["mode"]
    leaving = [] if mode == "secondary-only" else primaries(run.cluster, node)
    mirrored = [] if mode == "primary-only" else _mirrored(run, node)
    yield run.pause()
    if not leaving and not mirrored:
        run.info(f"No instances to evacuate from node '{node.name}'")
        return {"jobs": []}
    stuck = [
        f"{i.name} (Can't find any good node: {_allocate(run, i)[1]})"
        for i in leaving
        if i.disk_template not in _ANYWHERE or not (i.snodes or _allocate(run, i)[0])
    ]
    if stuck:
        raise failure(f"Unable to evacuate instances {', '.join(stuck)}")
    wanted = [_leave(i, node) for i in leaving] + [_mirror_elsewhere(i) for i in mirrored]
    return {"jobs": [[True, run.world.submit([child(run, opcode)])] for opcode in wanted]}


def _mirrored(run: Run, node: Node) -> list[Instance]:
    return [i for i in run.cluster.instances.values() if node.name in i.snodes]


def _mirror_elsewhere(instance: Instance) -> Json:
    return {
        "OP_ID": "OP_INSTANCE_REPLACE_DISKS",
        "instance_name": instance.name,
        "mode": "replace_new_secondary",
        "disks": [],
        "early_release": False,
        "ignore_ipolicy": False,
        "iallocator": "hail",
    }


def migrate_node(run: Run) -> Routine:
    """OP_NODE_MIGRATE: one child job per primary instance."""
    node = run.find_node(run.input["node_name"])
    if run.get("target_node") == node.name:
        raise prereq("The target node is the node itself", WRONG_INPUT)
    yield run.pause()
    leaving = primaries(run.cluster, node)
    return {"jobs": [[True, run.world.submit([child(run, _leave(i, node))])] for i in leaving]}


def _leave(instance: Instance, node: Node) -> Json:
    common = {"instance_name": instance.name, "cleanup": False, "ignore_ipolicy": False}
    if instance.running and not node.offline:
        return {"OP_ID": "OP_INSTANCE_MIGRATE", **common, "allow_failover": True, "mode": "live"}
    return {"OP_ID": "OP_INSTANCE_FAILOVER", **common, "ignore_consistency": node.offline}


def child(run: Run, opcode: Json) -> Json:
    """An opcode submitted by this one: it inherits the reason trail and says who sent it."""
    return {
        "priority": run.get("priority", 0),
        "depends": None,
        "comment": f"Submitted by {run.input['OP_ID']}",
        "reason": list(run.input["reason"]),
        **opcode,
    }
