"""Starting, stopping and rebooting instances."""

from deploy.simulator.jobs.queue import Routine
from deploy.simulator.logic import backing, consoles
from deploy.simulator.logic.parameters import filled_be
from deploy.simulator.logic.placement import memory_free
from deploy.simulator.logic.run import NO_ROOM, WRONG_STATE, Run, prereq
from deploy.simulator.model import Instance
from deploy.simulator.world import touch

DRY_RUN = "dry-run mode requested, not actually executing the operation"


def dry(run: Run) -> bool:
    """Whether this is only a trial; says so in the log."""
    if run.get("dry_run"):
        run.info(DRY_RUN)
    return bool(run.get("dry_run"))


def switch_on(instance: Instance) -> None:
    """The instance runs from now on."""
    instance.running, instance.disks_active, instance.user_shutdown = True, True, False


def switch_off(instance: Instance) -> None:
    """The instance does not run any more."""
    instance.running, instance.disks_active, instance.user_shutdown = False, False, False


def refuse_offline(instance: Instance) -> None:
    """An instance marked offline can neither be started nor stopped."""
    if instance.admin_state == "offline":
        raise prereq(
            f"Instance '{instance.name}' is marked to be offline, "
            "can't use instance from outside down, up states",
            WRONG_STATE,
        )


def startup(run: Run) -> Routine:
    """OP_INSTANCE_STARTUP; a running instance is a success."""
    instance = run.instance()
    refuse_offline(instance)
    node = run.reachable(instance.pnode)
    if not instance.running:
        needed = filled_be(run.cluster, instance.beparams)["minmem"]
        free = memory_free(run.cluster, node)
        if needed > free and not run.get("force"):
            raise prereq(
                f"Not enough memory on node {node.name} for starting instance {instance.name}: "
                f"needed {needed} MiB, available {free} MiB",
                NO_ROOM,
            )
    if dry(run):
        return None
    yield run.pause()
    if not run.get("no_remember"):
        instance.admin_state, instance.admin_state_source = "up", "admin"
        touch(instance)
    if not instance.running:
        yield from backing.activate(run, instance)
        consoles.boot(run.world, instance)
    switch_on(instance)
    run.world.happened("instance.started", instance.name)
    return None


def shutdown(run: Run) -> Routine:
    """OP_INSTANCE_SHUTDOWN; a stopped instance is a success."""
    run.learn("admin_state_source", run.get("admin_state_source") or "admin")
    instance = run.instance()
    if not run.get("force"):
        refuse_offline(instance)
    if not run.get("ignore_offline_nodes"):
        run.reachable(instance.pnode)
    if dry(run):
        return None
    yield run.pause()
    if not run.get("no_remember"):
        instance.admin_state = "down"
        instance.admin_state_source = run.input["admin_state_source"]
        touch(instance)
    switch_off(instance)
    yield from backing.deactivate(run, instance)
    run.world.happened("instance.stopped", instance.name)
    return None


def reboot(run: Run) -> Routine:
    """OP_INSTANCE_REBOOT; a stopped instance is started."""
    instance = run.instance()
    refuse_offline(instance)
    run.reachable(instance.pnode)
    if dry(run):
        return None
    yield run.pause()
    if not instance.running:
        run.info(f"Instance {instance.name} was already stopped, starting now")
    instance.admin_state, instance.admin_state_source = "up", "admin"
    touch(instance)
    yield from backing.activate(run, instance)
    switch_on(instance)
    consoles.boot(run.world, instance)
    run.world.happened("instance.rebooted", instance.name)
    return None
