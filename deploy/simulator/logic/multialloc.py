"""OP_INSTANCE_MULTI_ALLOC: one child job per instance that fits."""

from deploy.simulator.catalogue import OPCODES
from deploy.simulator.jobs.queue import OpFailed, Routine
from deploy.simulator.logic.hail import Question, hail
from deploy.simulator.logic.moving import child
from deploy.simulator.logic.parameters import checked, filled_be, upgraded
from deploy.simulator.logic.placement import demand_of
from deploy.simulator.logic.run import WRONG_INPUT, Run, prereq
from deploy.simulator.model import Json, Node
from deploy.simulator.reading import ipolicy_of


def multi_alloc(run: Run) -> Routine:
    """Place all, submit a create for each one placed."""
    run.learn("iallocator", run.get("iallocator") or "hail")
    allocatable: list[str] = []
    failed: list[str] = []
    children: list[Json] = []
    run.input["instances"] = [_complete(spec) for spec in run.input["instances"]]
    for spec in run.input["instances"]:
        spec["beparams"] = upgraded(spec["beparams"] or {})
        if spec.get("hypervisor") is None:
            raise prereq(
                "Request parameter 'hypervisor' has invalid type <class 'NoneType'>/value None",
                WRONG_INPUT,
            )
        node = _place(run, spec)
        if node is None:
            failed.append(spec["instance_name"])
            continue
        allocatable.append(spec["instance_name"])
        inherited = child(run, {})
        spec.update(pnode=node.name, pnode_uuid=node.uuid, debug_level=0, **inherited)
        wanted = {name: value for name, value in spec.items() if value is not None}
        children.append({**inherited, **wanted})
    yield run.pause()
    jobs = [[True, run.world.submit([opcode])] for opcode in children]
    return {"allocatable": allocatable, "failed": failed, "jobs": jobs}


def _complete(spec: Json) -> Json:
    """A create opcode with every parameter, set or not, as the parent's input shows it."""
    whole = {p.name: spec.get(p.name) for p in OPCODES["OP_INSTANCE_CREATE"].parameters}
    for name in ("osparams_private", "osparams_secret"):
        whole[name] = whole[name] or {}
    common: Json = {"dry_run": None, "debug_level": None, "priority": 0, "depends": None}
    last: Json = {"comment": None, "reason": [], "OP_ID": "OP_INSTANCE_CREATE"}
    return whole | common | last


def _place(run: Run, spec: Json) -> Node | None:
    try:
        be = filled_be(run.cluster, checked(upgraded(spec.get("beparams") or {})))
    except OpFailed:
        return None
    question = Question(
        demand=demand_of(spec, be, run.settings.disk_templates[0]),
        policy=ipolicy_of(run.world),
        redundant=run.settings.redundant,
    )
    return hail(run.cluster, question)[0]
