"""Removing, renaming, reinstalling and growing instances."""

from deploy.simulator.jobs.queue import Fetch, OpFailed, Routine
from deploy.simulator.logic import backing, consoles
from deploy.simulator.logic.disks import FILE_BASED, logical_id
from deploy.simulator.logic.nics import release_all
from deploy.simulator.logic.osinstall import install
from deploy.simulator.logic.parameters import check_os, updated
from deploy.simulator.logic.power import dry
from deploy.simulator.logic.run import EXISTS, WRONG_INPUT, WRONG_STATE, Run, failure, prereq
from deploy.simulator.logic.scripts import Installation, installed_params
from deploy.simulator.model import Disk, Instance
from deploy.simulator.sizes import human
from deploy.simulator.world import touch


def refuse_up(instance: Instance, what: str) -> None:
    """Many operations want the instance stopped."""
    if instance.admin_state == "up":
        raise prereq(f"Instance '{instance.name}' is marked to be up, {what}", WRONG_STATE)


def remove(run: Run) -> Routine:
    """OP_INSTANCE_REMOVE: stop it, remove its disks, give back its addresses."""
    instance = run.instance()
    node = run.cluster.nodes[instance.pnode]
    if dry(run):
        return None
    yield run.pause()
    if (node.offline or node.down) and not run.get("ignore_failures"):
        raise failure(
            f"Could not shutdown instance '{instance.name}' on node '{node.name}': "
            + ("Node is marked offline" if node.offline else "Error 7: Failed to connect")
        )
    yield from backing.drop(run, instance.disks)
    release_all(run, instance)
    del run.cluster.instances[instance.name]
    run.world.seeds.pop(instance.name, None)
    consoles.forget(run.world, instance)
    run.world.happened("instance.removed", instance.name)
    return None


def rename(run: Run) -> Routine:
    """OP_INSTANCE_RENAME."""
    instance = run.instance()
    new = run.input["new_name"]
    if run.get("name_check"):
        raise prereq(
            f"The given name ({new}) does not resolve: Temporary failure in name resolution",
            "resolver_error",
        )
    refuse_up(instance, "cannot rename")
    if new in run.cluster.instances:
        raise prereq(f"Instance '{new}' is already in the cluster", EXISTS)
    yield run.pause()
    del run.cluster.instances[instance.name]
    instance.name = new
    run.cluster.instances[new] = instance
    touch(instance)
    return new


def reinstall(run: Run) -> Routine:
    """OP_INSTANCE_REINSTALL: run the create script once more."""
    instance = run.instance()
    run.reachable(instance.pnode)
    if not instance.disks:
        raise prereq(f"Instance '{instance.name}' has no disks, cannot reinstall", WRONG_INPUT)
    refuse_up(instance, "cannot reinstall")
    os_type = run.get("os_type") or instance.os
    given = run.get("osparams") or {}
    check_os(run, os_type, set(instance.osparams) | set(given), instance.pnode)
    for name in ("osparams_private", "osparams_secret"):
        run.learn(name, run.get(name) or {})
    if run.get("os_type"):
        run.log(f"Changing OS scripts to '{os_type}'...")
        instance.os = os_type
        touch(instance)
    yield run.pause()
    run.info("Running instance OS create scripts...")
    params = updated(installed_params(instance, run.secrets), given)
    # What is given replaces all that the instance had, and nothing private stays.
    instance.osparams, instance.osparams_private = dict(given), {}
    work = Installation(instance=instance, params=params, reinstall=True)
    yield from backing.activate(run, instance)
    try:
        yield Fetch(lambda: install(run.world, work))
    except OpFailed:
        yield from backing.deactivate(run, instance)
        raise
    yield from backing.deactivate(run, instance)
    run.world.happened("instance.reinstalled", instance.name)
    return None


def grow(run: Run) -> Routine:
    """OP_INSTANCE_GROW_DISK."""
    instance = run.instance()
    index, amount = run.input["disk"], run.input["amount"]
    if index >= len(instance.disks):
        last = len(instance.disks) - 1
        raise prereq(f"Invalid disk index: {index} (instace has disks 0 to {last}", WRONG_INPUT)
    disk = instance.disks[index]
    target = _target(run, disk, amount)
    run.reachable(instance.pnode)
    yield run.pause()
    delta = human(target - disk.size)
    run.log(f"Growing disk {index} of instance '{instance.name}' by {delta} to {human(target)}")
    yield from backing.grow(run, disk, target)
    disk.size = target
    touch(instance)
    if run.get("wait_for_sync"):
        run.info(f"Waiting for instance {instance.name} to sync disks")
        run.info(f"Instance {instance.name}'s disks are in sync")
    run.world.happened("instance.grown", instance.name, disk=index, size=target)
    return None


def _target(run: Run, disk: Disk, amount: int) -> int:
    if not run.get("absolute"):
        return disk.size + amount
    if amount < disk.size:
        raise prereq(
            f"Requested size ({human(amount)}) is smaller than current disk size "
            f"({human(disk.size)})",
            WRONG_STATE,
        )
    return amount


def activate_disks(run: Run) -> Routine:
    """OP_INSTANCE_ACTIVATE_DISKS."""
    instance = run.instance()
    run.reachable(instance.pnode)
    yield run.pause()
    yield from backing.activate(run, instance)
    instance.disks_active = True
    return [
        [instance.pnode, f"disk/{index}", logical_id(instance, disk, index)[1]]
        for index, disk in enumerate(instance.disks)
    ]


def deactivate_disks(run: Run) -> Routine:
    """OP_INSTANCE_DEACTIVATE_DISKS."""
    instance = run.instance()
    if not run.get("force"):
        refuse_up(instance, "cannot shutdown disks")
    yield run.pause()
    yield from backing.deactivate(run, instance)
    instance.disks_active = False
    return None


def recreate_disks(run: Run) -> Routine:
    """OP_INSTANCE_RECREATE_DISKS: new, empty disks."""
    instance = run.instance()
    refuse_up(instance, "cannot recreate disks")
    yield run.pause()
    for index, disk in enumerate(instance.disks):
        if disk.template in FILE_BASED:
            kind, path = logical_id(instance, disk, index)
            raise failure(
                f"Can't create block device <Disk(type={disk.template}, "
                f"logical_id=('{kind}', '{path}'), children=[], visible as /dev/disk/{index}, "
                f"size={disk.size}m)> on node {instance.pnode} for instance {instance.name}: "
                f"Can't create block device: {path}: can't create: "
                f"[Errno 17] File exists: '{path}'"
            )
    yield from backing.drop(run, instance.disks)
    for disk in instance.disks:
        yield from backing.make(run, disk, instance.name, instance.pnode)
    touch(instance)
    return None
