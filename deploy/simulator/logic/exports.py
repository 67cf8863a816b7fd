"""OP_BACKUP_PREPARE and OP_BACKUP_EXPORT: the export script sends the first disk away."""

import asyncio
from collections.abc import Generator
from pathlib import Path
from typing import Final

from deploy.ganeti.os.cyclades import upload as real
from deploy.simulator.jobs.queue import Fetch, OpFailed, Routine
from deploy.simulator.logic import backing, consoles, imports
from deploy.simulator.logic.power import switch_off, switch_on
from deploy.simulator.logic.run import WRONG_INPUT, Run, failure, prereq
from deploy.simulator.model import Instance, Json

SNAPSHOTS: Final = frozenset({"ext", "plain", "drbd"})  # templates that can be read while in use
Steps = Generator[float | Fetch, None, None]


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
    if run.get("long_sleep") and not run.get("shutdown"):
        raise prereq(
            "The long sleep option only makes sense when the instance can be shut down.",
            WRONG_INPUT,
        )
    runs, snapshots = instance.admin_state == "up", _has_snapshots(instance)
    if run.get("shutdown"):
        run.log(f"Shutting down instance {instance.name}")
        switch_off(instance)
    yield run.pause()
    if runs and not snapshots:
        _refuse_without_snapshots(run, instance)
    yield from _sent(run, instance, target.name, snapshot=runs and snapshots)
    names = run.cluster.exports.setdefault(target.name, [])
    if instance.name not in names:
        names.append(instance.name)
    run.cluster.exported[f"{target.name}/{instance.name}"] = imports.described(instance)
    return [True, [True for _ in instance.disks]]


def _has_snapshots(instance: Instance) -> bool:
    return all(disk.template in SNAPSHOTS for disk in instance.disks)


def _refuse_without_snapshots(run: Run, instance: Instance) -> None:
    if not run.get("shutdown"):
        raise failure(
            "Not all disks could be snapshotted, and you requested a live export; aborting"
        )
    if not run.get("long_sleep"):
        if instance.admin_state == "up":
            switch_on(instance)
        raise failure(
            "Not all disks could be snapshotted, and you did not allow the instance to remain "
            "offline for a longer time through the --long-sleep option; aborting"
        )


def _sent(run: Run, instance: Instance, target: str, *, snapshot: bool) -> Steps:
    """Send the disks; with a snapshot the instance runs again meanwhile."""
    name = f"{instance.uuid}-{run.job.id}.export" if snapshot and _first(instance) else ""
    if name:
        run.log(f"Creating a snapshot of disk/0 on node {instance.pnode}")
        yield from backing.snapshot(run, instance.disks[0], name)
        _start_again(run, instance)
    else:
        run.log(f"Activating disks for {instance.name}")
    try:
        yield from _copied(run, instance, target, name)
    finally:
        _start_again(run, instance)
        if not name:
            run.log(f"Deactivating disks for {instance.name}")
    if name:
        yield from backing.drop_snapshot(run, name)


def _first(instance: Instance) -> bool:
    return bool(instance.disks) and backing.is_volume(instance.disks[0])


def _start_again(run: Run, instance: Instance) -> None:
    if run.get("shutdown") and instance.admin_state == "up" and not instance.running:
        run.log(f"Starting instance {instance.name}")
        switch_on(instance)
        consoles.boot(run.world, instance)


def _copied(run: Run, instance: Instance, target: str, snapshot: str) -> Steps:
    for index, disk in enumerate(instance.disks):
        run.log(f"Exporting disk/{index} from {instance.pnode} to {target}")
        run.log(f"disk/{index} is now listening, starting export")
        if index == 0:
            source = (
                backing.snapshot_path(run.world, snapshot)
                if snapshot
                else backing.path_of(run.world, disk)
            )
            yield Fetch(lambda source=source, size=disk.size: _script(run, instance, source, size))  # type: ignore[misc]  # lambda's defaults
        run.log(f"disk/{index} finished receiving data")
        run.log(f"disk/{index} finished sending data")
    run.log(f"Finalizing export on {target}")


async def _script(run: Run, instance: Instance, source: Path, size: int) -> None:
    """Run the export script for the first disk, where the OS definition sends it away.

    Raises:
        OpFailed: it could not be sent.
    """
    found = run.settings.operating_systems.get(instance.os.partition("+")[0])
    params: Json = {**instance.osparams, **instance.osparams_private}
    if found is None or not found.installs_image:
        return
    to = real.Target(
        url=str(params.get("upload_url") or ""), format=str(params.get("upload_format") or "raw")
    )
    wrong = real.complaint(to.url, to.format)
    if wrong is None:
        wrong = await asyncio.to_thread(_upload, source, size, to)
    if wrong is not None:
        run.warn(f"export 'disk/0' on {instance.pnode} failed: cyclades: {wrong}")
        raise _failed()


def _failed() -> OpFailed:
    return failure("Export failed, errors in export finalization, disk export: disk(s) 0")


def _upload(source: Path, size: int, to: real.Target) -> str | None:
    """Send the disk; what is wrong, if something is."""
    if not source.exists():  # nothing was ever written onto it
        source.parent.mkdir(parents=True, exist_ok=True)
        with source.open("wb") as file:
            file.truncate(size << 20)
    try:
        real.send(source, to)
    except real.NotSent as why:
        return str(why)
    return None
