"""OP_BACKUP_PREPARE and OP_BACKUP_EXPORT: local backups, by name only."""

from deploy.simulator.jobs.queue import Routine
from deploy.simulator.logic.run import Run, failure
from deploy.simulator.model import Instance


def prepare(run: Run) -> Routine:
    """OP_BACKUP_PREPARE."""
    run.instance()
    yield run.pause()
    return None


def export(run: Run) -> Routine:
    """OP_BACKUP_EXPORT: a running instance on simple disks cannot be snapshotted."""
    instance = run.instance()
    target = run.find_node(run.input["target_node"])
    run.learn("target_node", target.name)
    run.learn("target_node_uuid", target.uuid)
    if run.get("shutdown"):
        run.log(f"Shutting down instance {instance.name}")
    yield run.pause()
    if instance.running and not run.get("long_sleep"):
        raise failure(
            "Not all disks could be snapshotted, and you did not allow the instance to remain "
            "offline for a longer time through the --long-sleep option; aborting"
        )
    _copy(run, instance, target.name)
    names = run.cluster.exports.setdefault(target.name, [])
    if instance.name not in names:
        names.append(instance.name)
    return [True, [True for _ in instance.disks]]


def _copy(run: Run, instance: Instance, target: str) -> None:
    run.log(f"Activating disks for {instance.name}")
    for index, _ in enumerate(instance.disks):
        run.log(f"Exporting disk/{index} from {instance.pnode} to {target}")
        run.log(f"disk/{index} is now listening, starting export")
        run.log(f"disk/{index} finished receiving data")
        run.log(f"disk/{index} finished sending data")
    run.log(f"Finalizing export on {target}")
    run.log(f"Deactivating disks for {instance.name}")
