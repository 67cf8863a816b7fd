"""OP_INSTANCE_CREATE."""

import itertools
import re
import socket
from dataclasses import dataclass

from deploy.simulator.clock import now
from deploy.simulator.jobs.queue import Fetch, OpFailed, Routine
from deploy.simulator.logic import backing, consoles, imports
from deploy.simulator.logic import disks as diskwork
from deploy.simulator.logic import nics as nicwork
from deploy.simulator.logic.hail import Question, hail
from deploy.simulator.logic.mirrors import secondary_for
from deploy.simulator.logic.osinstall import install
from deploy.simulator.logic.parameters import (
    check_boot,
    check_hv,
    check_os,
    checked,
    filled_be,
    upgraded,
)
from deploy.simulator.logic.placement import Demand, demand_of, memory_free, violations
from deploy.simulator.logic.run import (
    EXISTS,
    NO_ROOM,
    NO_ROOM_NOW,
    WRONG_INPUT,
    WRONG_STATE,
    Run,
    failure,
    prereq,
)
from deploy.simulator.logic.scripts import Installation, installed_params
from deploy.simulator.model import Disk, Instance, Nic, Node
from deploy.simulator.reading import ipolicy_of
from deploy.simulator.sizes import rounded
from deploy.simulator.world import group_by_uuid, touch

_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Plan:
    """What the checks have found out, for the execution."""

    node: Node
    snodes: list[str]
    nics: list[Nic]
    disks: list[Disk]


def create(run: Run) -> Routine:
    """Check, place, create disks, add to the configuration, install the OS, start."""
    _check_name(run)
    imports.prepare(run)
    _check_template(run)
    _normalise(run)
    _check_arguments(run)
    _check_parameters(run)
    yield run.pause(0.1)
    plan = _check_placement(run)
    run.keep_nodes([plan.node.name, *plan.snodes])
    if run.get("dry_run"):
        _give_back(run, plan.nics)
        run.info("dry-run mode requested, not actually executing the operation")
        return [plan.node.uuid]
    yield run.pause(0.2)
    yield from _create_disks(run, plan)
    yield run.pause(0.2)
    instance = _add(run, plan)
    run.log(f"adding instance {instance.name} to cluster config")
    run.log("adding disks to cluster config")
    if run.get("wait_for_sync") and instance.disks:
        counted = run.settings.durations.realistic  # by the mirror's size, above
        yield run.pause(1.0 if plan.snodes and not counted else 0.0)  # as long again
        for _ in range(2):
            run.info(f"Waiting for instance {instance.name} to sync disks")
            run.info(f"Instance {instance.name}'s disks are in sync")
    touch(instance)
    yield run.pause(0.2)
    try:
        yield from _install(run, instance)
    except OpFailed:
        yield from backing.deactivate(run, instance)
        raise
    if run.get("start"):
        run.log("* starting instance...")
        yield run.pause(0.3)
        instance.admin_state, instance.running, instance.disks_active = "up", True, True
        touch(instance)
        consoles.boot(run.world, instance)
    else:
        yield from backing.deactivate(run, instance)
    run.world.happened("instance.created", instance.name, running=instance.running)
    return [plan.node.name, *plan.snodes]


def _install(run: Run, instance: Instance) -> backing.Steps:
    yield from backing.activate(run, instance)
    if run.get("mode") == "import":
        imports.carry(run, instance)
    elif instance.disks and not run.get("no_install"):
        run.log("* running the instance OS create scripts...")
        job = Installation(instance=instance, params=installed_params(instance, run.secrets))
        yield Fetch(lambda: install(run.world, job))


def _create_disks(run: Run, plan: Plan) -> backing.Steps:
    for index, disk in enumerate(plan.disks):
        diskwork.announce(run, index, disk)
    run.log("* creating instance disks...")
    name = run.input["instance_name"]
    try:
        for index, disk in enumerate(plan.disks):
            yield from diskwork.create_block_device(run, disk, name, index, plan.node.name)
    except OpFailed:
        _give_back(run, plan.nics)
        yield from backing.drop(run, plan.disks)
        raise


def _check_name(run: Run) -> None:
    name = run.input["instance_name"].lower()
    run.input["instance_name"] = name
    if not _HOSTNAME.fullmatch(name):
        raise prereq(f"Invalid hostname '{name}'", WRONG_INPUT)
    if run.get("name_check"):
        raise prereq(
            f"The given name ({name}) does not resolve: Temporary failure in name resolution",
            "resolver_error",
        )
    for timeout, seconds in (("helper_startup_timeout", 300), ("helper_shutdown_timeout", 7200)):
        run.learn(timeout, run.get(timeout) or seconds)


def _normalise(run: Run) -> None:
    if run.get("no_install") and run.get("start"):
        run.info("No-installation mode selected, disabling startup")
        run.input["start"] = False
    if run.input["disk_template"] in diskwork.FILE_BASED:
        run.learn("file_driver", "loop")
    template = run.input["disk_template"]
    for index, spec in enumerate(run.get("disks") or []):
        if isinstance(spec.get("size"), int):
            run.input["disks"][index] = {**spec, "size": rounded(spec["size"], template)}


def _check_arguments(run: Run) -> None:
    if run.get("opportunistic_locking") and run.get("pnode"):
        raise prereq(
            "Opportunistic locking is only available in combination with an instance allocator",
            WRONG_INPUT,
        )
    if not run.get("pnode"):
        run.learn("iallocator", run.get("iallocator") or "hail")
    name = run.input["instance_name"]
    if name in run.cluster.instances:
        raise prereq(f"Instance '{name}' is already in the cluster", EXISTS)
    if run.get("pnode"):
        run.find_node(run.input["pnode"])


def _check_template(run: Run) -> None:
    enabled = run.settings.disk_templates
    template = run.get("disk_template")
    if template is None:
        run.learn("disk_template", template := enabled[0])
    if template not in enabled:
        raise prereq(
            f"Disk template '{template}' is not enabled in cluster. "
            f"Enabled disk templates are: {','.join(enabled)}"
        )
    if run.get("os_type") is None and not run.get("no_install"):
        raise prereq("No guest OS or OS image specified", WRONG_INPUT)


def _check_parameters(run: Run) -> None:
    enabled = run.settings.hypervisors
    hypervisor = run.get("hypervisor") or enabled[0]
    run.learn("hypervisor", hypervisor)
    if hypervisor not in enabled:
        raise prereq(
            f"Selected hypervisor ({hypervisor}) not enabled in the cluster ({','.join(enabled)})",
            WRONG_STATE,
        )
    check_hv(hypervisor, run.input["hvparams"])
    check_boot(hypervisor, run.input["hvparams"])
    run.input["beparams"] = upgraded(run.input["beparams"])
    checked(run.input["beparams"])
    run.learn("osparams_private", run.get("osparams_private") or {})
    run.learn("osparams_secret", run.get("osparams_secret") or {})
    for spec in run.get("disks") or []:
        diskwork.check_spec(spec, run.input["disk_template"])
    for nic in run.get("nics") or []:
        if nic.get("network") is not None:
            run.find_network(nic["network"])


def _check_placement(run: Run) -> Plan:
    demand = _demand(run)
    node = _place(run, demand)
    run.learn("pnode", node.name)
    run.learn("pnode_uuid", node.uuid)
    snodes = secondary_for(run, demand, node)
    nics: list[Nic] = []
    try:
        for index, spec in enumerate(run.get("nics") or []):
            nics.append(nicwork.prepare(run, spec, index, node))
        _check_node(run, node, demand, len(nics))
        nicwork.check_bridges(run, nics, node)
        _check_memory(run, node, demand)
    except OpFailed:
        _give_back(run, nics)
        raise
    template = run.input["disk_template"]
    disks = [
        diskwork.new_disk(run, spec, template, index)
        for index, spec in enumerate(run.get("disks") or [])
    ]
    return Plan(node=node, snodes=snodes, nics=nics, disks=disks)


def _demand(run: Run) -> Demand:
    be = filled_be(run.cluster, checked(run.input["beparams"]))
    return demand_of(run.input, be, run.input["disk_template"])


def _place(run: Run, demand: Demand) -> Node:
    allocator = run.get("iallocator")
    if allocator is None:
        return run.find_node(run.input["pnode"])
    if allocator != "hail":
        raise failure(
            "Failure while running the iallocator script: "
            f"iallocator module '{allocator}' not found in the search path"
        )
    among = run.locked_nodes() if run.get("opportunistic_locking") else None
    if among is not None and not among:
        raise prereq("Could not get any node's lock opportunistically", NO_ROOM_NOW)
    question = Question(
        demand=demand,
        policy=ipolicy_of(run.world),
        among=among,
        group=run.find_group(run.input["group_name"]).name if run.get("group_name") else None,
        redundant=run.settings.redundant,
    )
    node, why = hail(run.cluster, question)
    if node is None:
        if run.get("opportunistic_locking"):
            run.info(
                "IAllocator 'hail' failed on opportunistically acquired nodes: "
                f"Request failed: {why}"
            )
            run.log("* falling back to full lock allocation")
            run.input["opportunistic_locking"] = False
        raise prereq(f"Can't compute nodes using iallocator 'hail': Request failed: {why}", NO_ROOM)
    name = run.input["instance_name"]
    run.info(f"Selected nodes for instance {name} via iallocator hail: {node.name}")
    return node


def _check_node(run: Run, node: Node, demand: Demand, nic_count: int) -> None:
    if node.offline:
        raise prereq(f"Cannot use offline primary node '{node.name}'", WRONG_STATE)
    if node.drained:
        raise prereq(f"Cannot use drained primary node '{node.name}'", WRONG_STATE)
    run.reachable(node.name)
    sizes = [int(spec["size"]) for spec in run.get("disks") or []]
    wrong = violations(ipolicy_of(run.world), demand, sizes, nic_count)
    if wrong and not run.get("ignore_ipolicy"):
        group = group_by_uuid(run.cluster, node.group)
        raise prereq(
            f"Instance allocation to group {group.uuid} ({group.name}) violates policy: "
            + ", ".join(wrong),
            WRONG_INPUT,
        )
    if run.get("os_type") is not None:
        names = set(run.input["osparams"])
        names |= set(run.input["osparams_private"]) | set(run.input["osparams_secret"])
        check_os(run, run.input["os_type"], names, node.name)


def _check_memory(run: Run, node: Node, demand: Demand) -> None:
    free = memory_free(run.cluster, node)
    if run.get("start") and demand.memory > free:
        raise prereq(
            f"Not enough memory on node {node.name} for creating instance "
            f"{run.input['instance_name']}: needed {demand.memory} MiB, available {free} MiB",
            NO_ROOM,
        )


def _give_back(run: Run, nics: list[Nic]) -> None:
    for nic in nics:
        nicwork.release(run, nic)


def _add(run: Run, plan: Plan) -> Instance:
    created = now()
    instance = Instance(
        name=run.input["instance_name"],
        uuid=run.world.ids.uuid(),
        os=run.get("os_type") or "",
        hypervisor=run.input["hypervisor"],
        pnode=plan.node.name,
        snodes=plan.snodes,
        disk_template=run.input["disk_template"],
        beparams=checked(run.input["beparams"]),
        hvparams=dict(run.input["hvparams"]),
        osparams=dict(run.input["osparams"]),
        osparams_private=dict(run.secrets.get("osparams_private") or {}),
        disks=plan.disks,
        has_folder=run.input["disk_template"] in diskwork.FILE_BASED,
        nics=plan.nics,
        tags=sorted(set(run.get("tags") or [])),
        ctime=created,
        mtime=created,
    )
    if instance.hypervisor == "kvm":
        instance.network_port = _free_port(run)
    run.cluster.instances[instance.name] = instance
    return instance


def _free_port(run: Run) -> int:
    """A port for the screen that no other instance has."""
    if run.world.first_port == 0:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])
    taken = {i.network_port for i in run.cluster.instances.values()}
    return next(port for port in itertools.count(run.world.first_port) if port not in taken)
