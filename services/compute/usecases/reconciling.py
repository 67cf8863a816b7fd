"""Finds what servers and instances disagree on, and puts right what lasts.

A round compares what changed since the last one. What was there in two rounds, with no change of
the server in between, is looked at in Ganeti itself and put right only if it is still so.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import orjson
import structlog

from services.compute.domain.devices import DeviceState, replaced
from services.compute.domain.differences import (
    DISK,
    HEALED,
    SERVER_TAG,
    Difference,
    Kind,
    Tags,
    as_of_now,
    differences,
    server_tag,
)
from services.compute.domain.drift import strange_disks
from services.compute.domain.lifecycle import Action, PowerState, VmState
from services.compute.domain.reconcile import reconcile
from services.compute.domain.server import Fault, FlavorSnapshot, Server
from services.compute.domain.server_group import APART
from services.compute.store.drifts import Drift
from services.compute.store.stores import Stores, Transaction
from services.compute.usecases import acting, attaching, interfaces
from services.compute.usecases.saving import save
from shared import ids
from shared.clock import utcnow
from shared.contracts.drift import ENDED, FOUND, LASTS
from shared.contracts.ganeti import InstanceObserved
from shared.contracts.operations import InstanceConfigure, InstanceTag, InstanceUntag

log = structlog.get_logger(__name__)
InstanceMend = InstanceConfigure | InstanceTag | InstanceUntag

AT_ONCE: Final = 500  # instances that changed, per round
REMOVE: Final = "compute.remove_instance"
MEND: Final = "compute.mend_instance"
EXTERNAL: Final = "external"  # the instance action that says somebody else did it
UNATTENDED: Final = "Nobody carried the action out."


async def look(transaction: Transaction, group_tags: str) -> list[Drift]:
    """Compare what changed; return what has lasted long enough to be put right.

    Args:
        transaction: of the service.
        group_tags: prefix of the tags that keep groups of servers apart.
    """
    async with transaction() as stores:
        if not await stores.drifts.is_mine():
            return []
        known = await stores.drifts.known()
        stuck = set(await stores.drifts.unattended(AT_ONCE))
        whose = known | stuck | await stores.drifts.changed(AT_ONCE)
        server_ids = {server_id for _, server_id in whose}
        servers = {server.id: server for server in await stores.servers.glance(server_ids)}
        seen = await stores.projections.observations(server_ids)
        due: list[Drift] = []
        ended: list[Drift] = []
        for cluster, server_id in sorted(whose):
            found: list[Difference] = []
            if server := servers.get(ids.ServerId(server_id)):
                tags = await _tags(stores, server, group_tags)
                found += _compared(server, cluster, seen.get(server_id, ()), tags)
            if (cluster, server_id) in stuck:
                found.append(Difference(kind=Kind.STUCK, what=""))
            if found or (cluster, server_id) in known:
                version = server.version if server else 0
                kept, gone = await stores.drifts.keep(cluster, server_id, version, found)
                due, ended = due + kept, ended + gone
        fresh = [each for each in due if each.lasts and each.looks == LASTS]
        over = [each.told(ENDED) for each in ended if each.lasts]
        await stores.outbox.publish(*(each.told(FOUND) for each in fresh), *over)
    _tell(fresh)
    return [each for each in due if each.lasts and each.difference.kind in HEALED]


async def _tags(stores: Stores, server: Server, group_tags: str) -> Tags:
    """Return what the server's instance is tagged with by us."""
    wanted, own = {server_tag(server.id)}, f"{group_tags}:{server.group_id}"
    if server.group_id is not None and server.cluster is not None:
        cluster = await stores.capacity.cluster(server.cluster)
        policy = await stores.capacity.group_policy(server.group_id)
        if policy == APART and cluster and group_tags in cluster.exclusion_prefixes:
            wanted.add(own)
    return Tags(
        wanted=frozenset(wanted), prefixes=(SERVER_TAG, f"{group_tags}:"), kept=frozenset({own})
    )


def _compared(
    server: Server, cluster: str, seen: Sequence[InstanceObserved], tags: Tags
) -> list[Difference]:
    now = utcnow()
    return [
        found
        for each in seen
        if each.cluster == cluster
        for found in differences(server, each, now, tags)
    ]


def _tell(found: list[Drift]) -> None:
    """Tell the operators of what is new."""
    for drift in found:
        log.warning(
            "a server and its instance disagree",
            server=str(drift.server_id),
            cluster=drift.cluster,
            kind=drift.difference.kind.value,
            what=drift.difference.what,
        )


async def heal(
    transaction: Transaction, drift: Drift, seen: InstanceObserved | None, group_tags: str
) -> bool:
    """Put a drift right, if the server has not changed and the instance is still like that.

    Args:
        transaction: of the service.
        drift: what lasted.
        seen: the instance as it is in this moment; None where it does not matter.
        group_tags: prefix of the tags that keep groups of servers apart.

    Returns:
        Whether anything was done.
    """
    async with transaction() as stores:
        server = await stores.servers.find(drift.server_id)
        if server is None or server.version != drift.version:
            return False
        if seen is not None:
            tags = await _tags(stores, server, group_tags)
            if drift.difference not in differences(server, seen, utcnow(), tags):
                return False
        done = await HEALERS[drift.difference.kind](stores, server, drift.difference.what, seen)
        if done and server.deleted_at is None:
            actor = acting.Actor(
                user_id=server.user_id, project_id=server.project_id, request_id=ids.request_id()
            )
            await acting.record(stores, server, actor, EXTERNAL)
        return done


Heal = Callable[[Stores, Server, str, InstanceObserved | None], Awaitable[bool]]


async def _take_state(
    stores: Stores, server: Server, _what: str, seen: InstanceObserved | None
) -> bool:
    """Let the server be what its instance is."""
    if seen is None:
        return False
    await save(stores, reconcile(server, as_of_now(seen), utcnow()))
    return True


async def _take_flavor(
    stores: Stores, server: Server, _what: str, seen: InstanceObserved | None
) -> bool:
    """Give the server the flavor its instance has, if there is one."""
    if seen is None or seen.vcpus is None or seen.memory is None:
        return False
    found = await stores.flavors.of_size(seen.vcpus, seen.memory, server.flavor.disk)
    if found is None:
        return False
    names = FlavorSnapshot.__dataclass_fields__
    flavor = FlavorSnapshot(**{name: getattr(found, name) for name in names})
    await save(stores, replace(server, flavor=flavor, updated_at=utcnow()))
    return True


async def _unplug(
    stores: Stores, server: Server, what: str, _seen: InstanceObserved | None
) -> bool:
    """Let go of an interface whose NIC was taken out of the instance."""
    nic = next(each for each in server.nics if each.port_id == what)
    leaving = tuple(
        replace(each, state=DeviceState.DETACHING) if each is nic else each for each in server.nics
    )
    await save(stores, replace(server, nics=leaving, updated_at=utcnow()))
    await interfaces.begin_unplug(stores, server.id, what, made=nic.made_for_us)
    return True


async def _detach(
    stores: Stores, server: Server, what: str, _seen: InstanceObserved | None
) -> bool:
    """Let go of a volume whose disk was taken out of the instance."""
    device = next(each for each in server.volumes if each.volume_id == what)
    if device.is_root or device.attachment_id is None:
        return False
    leaving = replaced(server.volumes, replace(device, state=DeviceState.DETACHING))
    await save(stores, replace(server, volumes=leaving, updated_at=utcnow()))
    await stores.sagas.supersede(UUID(device.id))
    notes = {"server": str(server.id), "device": device.id}
    await stores.sagas.start(attaching.DETACH, UUID(device.id), notes)
    return True


async def _readdress(
    stores: Stores, server: Server, what: str, _seen: InstanceObserved | None
) -> bool:
    """Have Ganeti told of the address of an interface: whose it is, is ours to say."""
    notes = {"server": str(server.id), "port": what}
    await stores.sagas.start_unless_live(interfaces.READDRESS, UUID(what), notes)
    return True


async def _mend(stores: Stores, server: Server, operation: InstanceMend) -> bool:
    """Have a job that brings the instance back to what it was made as."""
    wanted = operation.model_dump(mode="json")
    subject = ids.derived(server.id, "mend", orjson.dumps(wanted, option=orjson.OPT_SORT_KEYS))
    notes = {"cluster": server.cluster, "operation": wanted}
    await stores.sagas.start_unless_live(MEND, subject, notes)
    return True


async def _tag(stores: Stores, server: Server, what: str, seen: InstanceObserved | None) -> bool:
    """Put a tag of ours back on, or take one off that is not the instance's."""
    if seen is None:
        return False
    kind = InstanceTag if what.startswith("+") else InstanceUntag
    return await _mend(stores, server, kind(instance=seen.name, tag=what[1:]))


async def _boot_from_disk(
    stores: Stores, server: Server, _what: str, seen: InstanceObserved | None
) -> bool:
    """Let go of the image of a rescue that is over; it is seen at the next start."""
    if seen is None:
        return False
    given = dict.fromkeys(("boot_order", "cdrom_image_path"), "default")
    return await _mend(
        stores, server, InstanceConfigure(instance=seen.name, hypervisor_parameters=given)
    )


async def _end_rescue(
    stores: Stores, server: Server, _what: str, seen: InstanceObserved | None
) -> bool:
    """A server whose image was taken out is not rescued any more."""
    if seen is None or seen.boots != DISK:
        return False
    runs = server.power_state is PowerState.RUNNING
    then = VmState.ACTIVE if runs else VmState.STOPPED
    await save(stores, replace(server, vm_state=then, stood=None, kept={}, updated_at=utcnow()))
    return True


async def _remove(stores: Stores, server: Server, what: str, seen: InstanceObserved | None) -> bool:
    """Remove an instance whose server is deleted, unless it has disks of somebody else."""
    if seen is None or strange_disks(replace(server, action=None, cluster=seen.cluster), seen):
        return False
    subject = ids.derived(server.id, "orphan", seen.cluster)
    notes = {"cluster": seen.cluster, "instance": what}
    await stores.sagas.start_unless_live(REMOVE, subject, notes)
    return True


async def _end(stores: Stores, server: Server, _what: str, _seen: InstanceObserved | None) -> bool:
    """End an action that nobody carries out; a delete is begun again."""
    now = utcnow()
    if server.action is Action.DELETE:
        clusters = [server.cluster] if server.cluster else []
        notes = {"action": Action.DELETE.value, "clusters": clusters, "devices": []}
        await stores.sagas.start_unless_live(acting.SAGAS[Action.DELETE], server.id, notes)
    else:
        fault = Fault(message=UNATTENDED, created=now)
        await save(stores, server.settle(now, succeeded=False, fault=fault))
    return True


HEALERS: Final[Mapping[Kind, Heal]] = {
    Kind.STATE: _take_state,
    Kind.FLAVOR: _take_flavor,
    Kind.NIC_MISSING: _unplug,
    Kind.DISK_MISSING: _detach,
    Kind.ADDRESS: _readdress,
    Kind.TAG: _tag,
    Kind.BOOT: _boot_from_disk,
    Kind.RESCUE: _end_rescue,
    Kind.ORPHAN: _remove,
    Kind.STUCK: _end,
}


async def suspects(
    transaction: Transaction, cluster: str, found: Mapping[str, str | None]
) -> list[str]:
    """Return the instances of which something else is known than what Ganeti lists.

    Args:
        transaction: of the service.
        cluster: which.
        found: the status of every instance of ours, by name.
    """
    async with transaction() as stores:
        known = await stores.projections.statuses(cluster)
    names = known.keys() | found.keys()
    return sorted(
        name
        for name in names
        if (name in known) != (name in found) or known.get(name) != found.get(name)
    )


async def correct(transaction: Transaction, server_id: UUID, seen: InstanceObserved) -> None:
    """Take in what was seen of an instance of which news has been lost."""
    async with transaction() as stores:
        await stores.projections.correct(server_id, seen)


async def drifting(transaction: Transaction) -> list[Drift]:
    """Return what drifts now, longest first."""
    async with transaction() as stores:
        return [each for each in await stores.drifts.all() if each.lasts]
