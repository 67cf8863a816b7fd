"""The disk part of OP_INSTANCE_SET_PARAMS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.simulator.logic import disks as diskwork
from deploy.simulator.logic.devices import (
    Modification,
    as_modifications,
    position,
    refuse_duplicate_name,
)
from deploy.simulator.logic.run import WRONG_INPUT, WRONG_STATE, Run, prereq
from deploy.simulator.model import Disk, Instance, Json
from deploy.simulator.sizes import rounded

MAX_DISKS = 16
Results = list[list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskChange:
    """A checked change, ready to be made."""

    apply: Callable[[], Results]


def plan_disks(run: Run, instance: Instance, *, hotplug: bool) -> list[DiskChange]:
    """Check all disk changes; nothing is changed yet."""
    asked = [
        (action, _resolved(instance, which), params)
        for action, which, params in as_modifications(run.input["disks"], "disk")
    ]
    run.input["disks"] = [[a, w, _shown(instance, a, p)] for a, w, p in asked]
    return [_plan(run, instance, one, hotplug=hotplug) for one in asked]


def _resolved(instance: Instance, which: Any) -> Any:
    """Names and numerals become indices, as the rewritten job file has them."""
    try:
        return int(which)
    except ValueError:
        found = (i for i, disk in enumerate(instance.disks) if which in (disk.uuid, disk.name))
        return next(found, which)


def _shown(instance: Instance, action: str, params: Json) -> Json:
    if action != "add" or "size" not in params:
        return params
    template = instance.disk_template
    size = params["size"]
    if isinstance(size, int):
        size = rounded(size, template)
    return {**params, "size": size, "mode": params.get("mode", "rw"), "dev_type": template}


def _plan(run: Run, instance: Instance, asked: Modification, *, hotplug: bool) -> DiskChange:
    action, which, params = asked
    if action == "add":
        return _plan_add(run, instance, params, hotplug=hotplug)
    if action == "attach":
        return _plan_attach(run, instance, params, hotplug=hotplug)
    index = position("disk", which, instance.disks)
    if index is None or index < 0:
        raise prereq(f"Lookup of disk {str(which)!r} failed")
    if action == "modify":
        return _plan_modify(instance, index, params)
    if params:
        raise prereq("No settings should be passed when removing or detaching a disk", WRONG_INPUT)
    return _plan_leave(run, instance, index, action, hotplug=hotplug)


def _check_room(instance: Instance) -> None:
    if len(instance.disks) >= MAX_DISKS:
        raise prereq(
            f"Instance has too many disks ({len(instance.disks)}), cannot add more", WRONG_STATE
        )


def _plug(run: Run, label: str, *, hotplug: bool) -> Results:
    if not hotplug:
        return []
    run.info("Trying to hotplug device...")
    run.info("Hotplug done.")
    return [[label, "hotplug:done"]]


def _plan_add(run: Run, instance: Instance, params: Json, *, hotplug: bool) -> DiskChange:
    if instance.disk_template == "diskless" and not instance.disks and not run.get("ext_params"):
        template = run.settings.disk_templates[0]
    else:
        template = instance.disk_template
    if "size" not in params:
        raise prereq("Required disk parameter 'size' missing", WRONG_INPUT)
    diskwork.check_spec(params, template)
    _check_room(instance)
    refuse_duplicate_name("Disk", params.get("name"), {disk.name for disk in instance.disks})

    def apply() -> Results:
        disk = diskwork.new_disk(run, params, template)
        index = len(instance.disks)
        diskwork.announce(run, index, disk)
        diskwork.create_block_device(run, disk, instance.name, index, instance.pnode)
        return _join(run, instance, disk, "add", hotplug=hotplug)

    return DiskChange(apply=apply)


def _join(run: Run, instance: Instance, disk: Disk, verb: str, *, hotplug: bool) -> Results:
    label = f"disk/{len(instance.disks)}"
    instance.disks.append(disk)
    instance.disk_template = disk.template
    if run.get("wait_for_sync"):
        run.info(f"Waiting for instance {instance.name} to sync disks")
    run.info(f"Instance {instance.name}'s disks are in sync")
    text = f"{verb}:size={disk.size},mode={disk.mode}"
    return [[label, text], *_plug(run, label, hotplug=hotplug)]


def _plan_attach(run: Run, instance: Instance, params: Json, *, hotplug: bool) -> DiskChange:
    if len(params) != 1 or not set(params) <= {"name", "uuid"}:
        raise prereq(
            "Only one argument is permitted in attach op, either name or uuid", WRONG_INPUT
        )
    kind, wanted = next(iter(params.items()))
    found = [d for d in run.cluster.detached.values() if wanted == getattr(d, kind)]
    if not found:
        label = "UUID" if kind == "uuid" else "name"
        raise prereq(f"No disk was found with this {label}: {wanted}", WRONG_INPUT)
    disk = found[0]
    if instance.disks and disk.template != instance.disk_template:
        raise prereq(
            f"Instance has '{instance.disk_template}' template while disk has "
            f"'{disk.template}' template",
            WRONG_INPUT,
        )
    _check_room(instance)
    params |= {"size": disk.size, "mode": disk.mode}
    run.learn("file_driver", "loop")

    def apply() -> Results:
        diskwork.announce(run, len(instance.disks), disk)
        del run.cluster.detached[disk.uuid]
        return _join(run, instance, disk, "attach", hotplug=hotplug)

    return DiskChange(apply=apply)


def _plan_modify(instance: Instance, index: int, params: Json) -> DiskChange:
    if "size" in params:
        raise prereq("Disk size change not possible, use grow-disk", WRONG_INPUT)
    disk = instance.disks[index]
    for name in params:
        if name not in {"mode", "name"}:
            raise prereq(f"Disk '{name}' parameter change is not possible", WRONG_INPUT)
    taken = {other.name for other in instance.disks if other is not disk}
    refuse_duplicate_name("Disk", params.get("name"), taken)

    def apply() -> Results:
        for name, value in params.items():
            setattr(disk, name, value)
        return [
            [f"disk.{name}/{index}", params[name]] for name in ("mode", "name") if name in params
        ]

    return DiskChange(apply=apply)


def _plan_leave(
    run: Run, instance: Instance, index: int, action: str, *, hotplug: bool
) -> DiskChange:
    if action == "remove" and instance.running and not hotplug:
        raise prereq(
            f"Instance '{instance.name}' is marked to be up, "
            "can't remove volume from a running instance without using hotplug",
            WRONG_STATE,
        )
    disk = instance.disks[index]

    def apply() -> Results:
        instance.disks.remove(disk)
        if action == "detach":
            run.cluster.detached[disk.uuid] = disk
        else:
            diskwork.delete_bits(run, disk)
        if not instance.disks:
            instance.disk_template = "diskless"
        label = f"disk/{index}"
        return [[label, action], *_plug(run, label, hotplug=hotplug)]

    return DiskChange(apply=apply)
