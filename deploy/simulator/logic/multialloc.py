"""OP_INSTANCE_MULTI_ALLOC: one child job per instance that fits."""

from deploy.simulator.jobs.queue import OpFailed, Routine
from deploy.simulator.logic.moving import child
from deploy.simulator.logic.parameters import checked, filled_be, upgraded
from deploy.simulator.logic.placement import Demand, hail
from deploy.simulator.logic.run import WRONG_INPUT, Run, prereq
from deploy.simulator.model import Json, Node
from deploy.simulator.reading import ipolicy_of


def multi_alloc(run: Run) -> Routine:
    """Place all, submit a create for each one placed."""
    run.learn("iallocator", run.get("iallocator") or "hail")
    allocatable: list[str] = []
    failed: list[str] = []
    children: list[Json] = []
    for spec in run.input["instances"]:
        if spec.get("hypervisor") is None:
            raise prereq(
                "Request parameter 'hypervisor' has invalid type <class 'NoneType'>/value None",
                WRONG_INPUT,
            )
        node = _place(run, spec)
        if node is None:
            failed.append(spec["instance_name"])
            continue
        spec.update(pnode=node.name, pnode_uuid=node.uuid, iallocator=None)
        allocatable.append(spec["instance_name"])
        placed = {name: value for name, value in spec.items() if value is not None}
        children.append(child(run, placed))
    yield run.pause()
    jobs = [[True, run.world.submit([opcode])] for opcode in children]
    return {"allocatable": allocatable, "failed": failed, "jobs": jobs}


def _place(run: Run, spec: Json) -> Node | None:
    try:
        be = filled_be(run.cluster, checked(upgraded(spec.get("beparams") or {})))
    except OpFailed:
        return None
    sizes = [int(disk.get("size", 0)) for disk in spec.get("disks") or []]
    demand = Demand(
        memory=be["maxmem"],
        vcpus=be["vcpus"],
        disk=sum(sizes),
        template=spec.get("disk_template") or run.settings.disk_templates[0],
    )
    return hail(run.cluster, demand, ipolicy_of(run.world))[0]
