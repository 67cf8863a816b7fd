"""DRBD: the second half of each disk, on a node that can take over."""

from deploy.simulator.jobs.queue import Routine
from deploy.simulator.logic.hail import Question, hail
from deploy.simulator.logic.parameters import filled_be
from deploy.simulator.logic.placement import Demand
from deploy.simulator.logic.run import NO_ROOM, WRONG_INPUT, Run, prereq
from deploy.simulator.model import Instance, Node
from deploy.simulator.reading import ipolicy_of
from deploy.simulator.world import touch

DRBD = "drbd"
_REPLACING = frozenset({"replace_new_secondary", "replace_auto"})


def secondary_for(run: Run, demand: Demand, primary: Node) -> list[str]:
    """The node for the mirror of a new instance, named or chosen; none where none is needed."""
    if demand.template != DRBD:
        return []
    if run.get("snode"):
        node = run.find_node(run.input["snode"])
        if node.name == primary.name:
            raise prereq("The secondary node cannot be the primary node", WRONG_INPUT)
    else:
        node = _another(run, demand, primary.name)
    run.learn("snode", node.name)
    run.learn("snode_uuid", node.uuid)
    return [node.name]


def replace_disks(run: Run) -> Routine:
    """OP_INSTANCE_REPLACE_DISKS: make one half of the disks anew, perhaps on another node."""
    instance = run.instance()
    if not instance.snodes:
        yield run.pause()
        raise prereq(
            "The instance has a strange layout, expected one secondary but found 0",
            "internal_error",
        )
    if run.get("mode") in _REPLACING or run.get("remote_node"):
        target = _new_secondary(run, instance)
    else:
        target = instance.snodes[0]
    run.log("STEP 1/6 Check device existence")
    run.reachable(target)
    run.log("STEP 2/6 Check peer consistency")
    run.log("STEP 3/6 Allocate new storage")
    yield run.pause()
    run.log("STEP 4/6 Changing drbd configuration")
    instance.snodes = [target]
    touch(instance)
    run.log("STEP 5/6 Sync devices")
    run.log("STEP 6/6 Removing old storage")
    run.world.happened("instance.mirrored", instance.name, node=target)
    return None


def _new_secondary(run: Run, instance: Instance) -> str:
    if run.get("remote_node"):
        node = run.find_node(run.input["remote_node"])
        if node.name in (instance.pnode, *instance.snodes):
            raise prereq("The specified node is already a node of the instance.", WRONG_INPUT)
        return node.name
    be = filled_be(run.cluster, instance.beparams)
    size = sum(disk.size for disk in instance.disks)
    demand = Demand(memory=be["maxmem"], vcpus=be["vcpus"], disk=size, template=DRBD)
    return _another(run, demand, instance.pnode, *instance.snodes).name


def _another(run: Run, demand: Demand, *taken: str) -> Node:
    free = [name for name in run.cluster.nodes if name not in taken]
    question = Question(demand=demand, policy=ipolicy_of(run.world), among=free)
    node, why = hail(run.cluster, question)
    if node is None:
        raise prereq(f"Can't compute nodes using iallocator 'hail': Request failed: {why}", NO_ROOM)
    return node
