"""OP_INSTANCE_SET_PARAMS."""

from dataclasses import dataclass, field
from typing import Any

from deploy.simulator.jobs.queue import Routine
from deploy.simulator.logic.disks import announce
from deploy.simulator.logic.lifecycle import refuse_up
from deploy.simulator.logic.modify_disks import DiskChange, plan_disks
from deploy.simulator.logic.modify_nics import NicChange, plan_nics, undo_nics
from deploy.simulator.logic.parameters import (
    check_boot,
    check_hv,
    check_os,
    checked,
    filled_be,
    updated,
    upgraded,
)
from deploy.simulator.logic.run import NO_ROOM, WRONG_INPUT, WRONG_STATE, Run, prereq
from deploy.simulator.model import Instance, Json
from deploy.simulator.sizes import human
from deploy.simulator.world import touch

_CHANGES = (
    "nics",
    "disks",
    "disk_template",
    "beparams",
    "hvparams",
    "os_name",
    "osparams",
    "osparams_private",
    "osparams_secret",
    "offline",
    "runtime_mem",
    "pnode",
    "clear_osparams",
    "clear_osparams_private",
    "remove_osparams",
    "remove_osparams_private",
    "instance_communication",
    "ext_params",
)
_NO_HOTPLUG = "Hotplug is not supported: Hotplug is not supported by this hypervisor"
_OFFLINE = {
    True: "can't change to offline without being down first",
    False: "can't change to online (down) without being offline first",
}
_DOWN = "Hotplug is not supported: Instance is probably down"
Results = list[list[Any]]


@dataclass(slots=True, kw_only=True)
class Plan:
    """All changes of one opcode, checked."""

    nics: list[NicChange] = field(default_factory=list)
    disks: list[DiskChange] = field(default_factory=list)
    beparams: Json = field(default_factory=dict)


def modify(run: Run) -> Routine:
    """Check all changes, then make them; the result names each of them."""
    if not any(run.get(name) for name in _CHANGES) and run.get("offline") is None:
        raise prereq("No changes submitted", WRONG_INPUT)
    _normalise(run)
    instance = run.instance()
    run.reachable(instance.pnode)
    hotplug = _hotplug(run, instance)
    _check_own(run, instance)
    plan = Plan(beparams=checked(upgraded(run.input["beparams"])))
    plan.disks = plan_disks(run, instance, hotplug=hotplug)
    plan.nics = plan_nics(run, instance, hotplug=hotplug)
    try:
        _check_memory(run, instance, plan)
    except BaseException:
        undo_nics(plan.nics)
        raise
    yield run.pause()
    results: Results = []
    if run.get("runtime_mem"):
        results.append(["runtime_memory", run.input["runtime_mem"]])
    for disk in plan.disks:
        results += yield from disk.apply()
    if run.get("disk_template"):
        results += _convert(run, instance)
    for nic in plan.nics:
        results += nic.apply()
    results += _apply_own(run, instance, plan)
    touch(instance)
    run.world.happened("instance.modified", instance.name)
    return results


def _normalise(run: Run) -> None:
    for asked in run.input["nics"]:
        if asked[0] == "add":
            asked[-1].setdefault("mac", "auto")
    if run.get("disk_template") or any(asked[0] == "add" for asked in run.input["disks"]):
        run.learn("file_driver", "loop")


def _hotplug(run: Run, instance: Instance) -> bool:
    devices = bool(run.get("nics") or run.get("disks"))
    wanted, if_possible = run.get("hotplug"), run.get("hotplug_if_possible")
    if not devices or not (wanted or if_possible):
        return False
    if instance.hypervisor == "kvm" and instance.running:
        run.input["hotplug"] = True
        return True
    why = _DOWN if instance.hypervisor == "kvm" else _NO_HOTPLUG
    if wanted and not (if_possible or run.world.newer):
        raise prereq(f"Hotplug is not possible: {why}: {why}", WRONG_STATE)
    run.warn(why)
    run.info("Modification will take place without hotplugging.")
    return False


def _check_own(run: Run, instance: Instance) -> None:
    run.input["beparams"] = run.input["beparams"] or {}
    checked(upgraded(run.input["beparams"]))
    given = run.input["hvparams"] or {}
    check_hv(instance.hypervisor, given)
    check_boot(instance.hypervisor, updated(instance.hvparams, given))
    if run.get("offline") is not None:
        refuse_up(instance, _OFFLINE[bool(run.get("offline"))])
    public, private = run.get("osparams") or {}, run.get("osparams_private") or {}
    if both := sorted(set(public) & set(private)):
        raise prereq(f"OS parameters repeated multiple times: {', '.join(both)}", WRONG_INPUT)
    if run.get("os_name") or public or private:
        check_os(run, run.get("os_name") or instance.os, {*public, *private}, instance.pnode)
    if run.get("runtime_mem") and not instance.running:
        raise prereq(f"Instance {instance.name} is not running", WRONG_STATE)
    template = run.get("disk_template")
    if template is None:
        return
    if run.get("disks"):
        raise prereq(
            "Disk template conversion and other disk changes not supported at the same time",
            WRONG_INPUT,
        )
    if template == instance.disk_template:
        raise prereq(f"Instance already has disk template {template}", WRONG_INPUT)
    refuse_up(instance, "cannot change disk template")


def _check_memory(run: Run, instance: Instance, plan: Plan) -> None:
    be = {**filled_be(run.cluster, instance.beparams), **plan.beparams}
    if be["minmem"] > be["maxmem"]:
        raise prereq(
            f"Minimum memory ({be['minmem']}) is larger than maximum memory ({be['maxmem']})",
            WRONG_INPUT,
        )
    node = run.cluster.nodes[instance.pnode]
    if be["maxmem"] > node.memory - node.reserved and not run.get("force"):
        missing = be["maxmem"] - node.memory + node.reserved
        raise prereq(
            "This change will prevent the instance from starting, due to "
            f"{missing} MB of memory missing on its primary node",
            NO_ROOM,
        )


def _convert(run: Run, instance: Instance) -> Results:
    old, new = instance.disk_template, run.input["disk_template"]
    run.log(f"Converting disk template from '{old}' to '{new}'")
    run.log(f"Generating new '{new}' disk template...")
    for index, disk in enumerate(instance.disks):
        announce(run, index, disk)
    run.log(f"Creating new empty disks of type '{new}'...")
    run.log(f"Populating the new empty disks of type '{new}'...")
    for index, disk in enumerate(instance.disks):
        run.log(f" - copying data from disk {index} ({old}), size {human(disk.size)}")
    run.log(f"Detaching old disks ({old}) from the instance and removing them from cluster config")
    run.log(f"Adding new disks ({new}) to cluster config and attaching them to the instance")
    instance.disk_template = new
    for disk in instance.disks:
        disk.template = new
    if run.get("wait_for_sync"):
        run.info(f"Waiting for instance {instance.name} to sync disks")
    run.info(f"Instance {instance.name}'s disks are in sync")
    run.log(f"Removing old block devices of type '{old}'...")
    return [["disk_template", new]]


def _apply_own(run: Run, instance: Instance, plan: Plan) -> Results:
    results: Results = []
    raw = run.input["beparams"]
    instance.beparams = instance.beparams | checked(upgraded(raw))
    results += [[f"be/{name}", value] for name, value in raw.items()]
    changed = run.input["hvparams"] or {}
    instance.hvparams = updated(instance.hvparams, changed)
    results += [[f"hv/{name}", value] for name, value in changed.items()]
    if run.get("os_name"):
        instance.os = run.input["os_name"]
        results.append(["os/name", instance.os])
    public, private = run.get("osparams") or {}, run.secrets.get("osparams_private") or {}
    instance.osparams = updated(instance.osparams, public)
    results += [[f"os/{name}", value] for name, value in public.items()]
    instance.osparams_private = updated(instance.osparams_private, private)
    results += [[f"os_private/{name}", "Private(?, descr='redacted')"] for name in private]
    return results + _apply_offline(run, instance)


def _apply_offline(run: Run, instance: Instance) -> Results:
    if run.get("offline") is None:
        return []
    instance.admin_state = "offline" if run.input["offline"] else "down"
    return [["admin_state", instance.admin_state]]
