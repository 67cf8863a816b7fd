"""The disk part of OP_INSTANCE_SET_PARAMS."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from deploy.simulator.jobs.queue import Fetch, OpFailed
from deploy.simulator.logic import backing
from deploy.simulator.logic import disks as diskwork
from deploy.simulator.logic.devices import (
    Modification,
    as_modifications,
    plugged,
    position,
    refuse_duplicate_name,
)
from deploy.simulator.logic.run import WRONG_INPUT, WRONG_STATE, Run, failure, prereq
from deploy.simulator.model import Disk, Instance, Json
from deploy.simulator.sizes import rounded

MAX_DISKS = 16
# What a disk may be told; those of an ExtStorage provider take whatever the provider knows.
KNOWN = frozenset(
    ["access", "adopt", "dev_type", "metavg", "mode", "name", "provider", "size", "spindles", "vg"]
)
LOCAL = frozenset({"file", "plain"})  # templates whose data only one node can see
Results = list[list[Any]]
Changes = Generator[float | Fetch, Any, Results]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskChange:
    """A checked change, ready to be made."""

    apply: Callable[[], Changes]


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
        return _plan_attach(run, instance, which, params, hotplug=hotplug)
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


def _check_sync(run: Run, instance: Instance, action: str) -> None:
    if not run.get("wait_for_sync") and not instance.disks_active:
        raise prereq(
            f"Can't {action} a disk to an instance with deactivated disks and "
            "--no-wait-for-sync given",
            WRONG_INPUT,
        )


def _check_known(params: Json, template: str) -> None:
    if template == "ext":
        return
    for name in params:
        if name not in KNOWN:
            raise OpFailed("TypeEnforcementError", f"Unknown parameter '{name}'")
    if params.get("provider"):
        raise prereq(
            f"The 'provider' option is only valid for the ext disk template, not {template}",
            WRONG_INPUT,
        )


def _plan_add(run: Run, instance: Instance, params: Json, *, hotplug: bool) -> DiskChange:
    if instance.disk_template == "diskless" and not instance.disks and not run.get("ext_params"):
        template = run.settings.disk_templates[0]
    else:
        template = instance.disk_template
    if "size" not in params:
        raise prereq("Required disk parameter 'size' missing", WRONG_INPUT)
    _check_known(params, template)
    diskwork.check_spec(params, template)
    _check_sync(run, instance, "add")
    _check_room(instance)
    refuse_duplicate_name("Disk", params.get("name"), {disk.name for disk in instance.disks})

    def apply() -> Changes:
        index = len(instance.disks)
        disk = diskwork.new_disk(run, params, template, index)
        diskwork.announce(run, index, disk)
        yield from diskwork.create_block_device(run, disk, instance.name, index, instance.pnode)
        return (yield from _join(run, instance, disk, "add", index, hotplug=hotplug))

    return DiskChange(apply=apply)


def _join(
    run: Run, instance: Instance, disk: Disk, verb: str, index: int, *, hotplug: bool
) -> Changes:
    label = f"disk/{index}"
    instance.disks.insert(index, disk)
    instance.disk_template = disk.template
    if instance.disks_active:
        yield from backing.activate(run, instance, [disk])
    plug = plugged(run, label, hotplug=hotplug)
    if run.get("wait_for_sync"):
        run.info(f"Waiting for instance {instance.name} to sync disks")
    run.info(f"Instance {instance.name}'s disks are in sync")
    text = f"{verb}:size={disk.size},mode={disk.mode}"
    return [[label, text], *plug]


def _plan_attach(
    run: Run, instance: Instance, which: Any, params: Json, *, hotplug: bool
) -> DiskChange:
    if instance.disk_template == "ext" and instance.disks:  # 3.0.2 wants what attach cannot say
        raise prereq("Missing provider for template 'ext'", WRONG_INPUT)
    _check_sync(run, instance, "attach")
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
    if disk.node is not None and disk.node != instance.pnode:
        raise prereq(
            f"Disk nodes are [{disk.node!r}] while the instance's nodes are [{instance.pnode!r}]",
            WRONG_INPUT,
        )
    _check_room(instance)
    index = _place(instance, which)
    params |= {"size": disk.size, "mode": disk.mode}
    run.learn("file_driver", "loop")

    def apply() -> Changes:
        if disk.template in diskwork.FILE_BASED and not instance.has_folder:
            raise _no_folder(run, instance, disk, index)
        diskwork.announce(run, index, disk)
        del run.cluster.detached[disk.uuid]
        disk.node = None
        return (yield from _join(run, instance, disk, "attach", index, hotplug=hotplug))

    return DiskChange(apply=apply)


def _no_folder(run: Run, instance: Instance, disk: Disk, index: int) -> OpFailed:
    """Ganeti does not make a folder for the first file disk of an instance without disks."""
    shared = "shared-" if disk.template == "sharedfile" else ""
    top = f"/srv/ganeti/{shared}file-storage"
    old = f"{top}/{disk.uuid}.{disk.template}.disk{index}"
    new = f"{top}/{instance.name}/{run.world.ids.uuid()}.{disk.template}.disk{index}"
    return failure(
        "Failed before attach: Can't rename device '<<class "
        f"'ganeti.storage.filestorage.FileStorage'>: unique_id: ('loop', '{old}'), children: [], "
        f"None:None, {old}>' to '['loop', '{new}']': [Errno 2] No such file or directory: "
        f"'{old}' -> '{new}': can't rename to {new}: "
    )


def _place(instance: Instance, which: Any) -> int:
    """The index a disk comes to: -1 is behind all others."""
    if not isinstance(which, int) or which < -1 or which > len(instance.disks):
        raise prereq(f"Got disk index {which}, but there are only {len(instance.disks)}")
    return len(instance.disks) if which == -1 else which


def _plan_modify(instance: Instance, index: int, params: Json) -> DiskChange:
    if "size" in params:
        raise prereq("Disk size change not possible, use grow-disk", WRONG_INPUT)
    disk = instance.disks[index]
    for name in params:
        if name not in {"mode", "name"}:
            raise prereq(f"Disk '{name}' parameter change is not possible", WRONG_INPUT)
    taken = {other.name for other in instance.disks if other is not disk}
    refuse_duplicate_name("Disk", params.get("name"), taken)

    def apply() -> Changes:
        yield from ()
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

    def apply() -> Changes:
        label = f"disk/{index}"
        plug = plugged(run, label, hotplug=hotplug)
        yield from backing.deactivate(run, instance, [disk])
        if action == "detach":
            disk.node = instance.pnode if disk.template in LOCAL else None
            run.cluster.detached[disk.uuid] = disk
        else:
            yield from backing.drop(run, [disk])
        instance.disks.remove(disk)
        if not instance.disks:
            instance.disk_template = "diskless"
        return [[label, action], *plug]

    return DiskChange(apply=apply)
