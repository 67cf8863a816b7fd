"""What a server and its instance disagree on, while nothing is being done to either.

Out of Ganeti comes what is true of power, disks and NICs; from us what is true of ownership, names
and addresses. What cannot be decided so is told to the operators and left alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.compute.domain.devices import DeviceState
from services.compute.domain.drift import strange_disks
from services.compute.domain.lifecycle import VmState
from services.compute.domain.reconcile import reconcile
from services.compute.domain.server import Server
from shared.contracts.ganeti import InstanceObserved
from shared.contracts.instance_rows import IMAGE


class Kind(StrEnum):
    """What differs."""

    STATE = "state"  # power, place, or whether there is an instance at all
    FLAVOR = "flavor"  # processors or memory
    NIC_MISSING = "nic_missing"  # of a port of the server
    NIC_STRANGE = "nic_strange"  # of nobody's port, or with another MAC address
    DISK_MISSING = "disk_missing"  # of a volume of the server
    DISK_STRANGE = "disk_strange"  # of nobody's volume
    ADDRESS = "address"  # a NIC has another address than its port
    TAG = "tag"  # +tag: ours, and missing; -tag: one that only we give, to another server
    RESCUE = "rescue"  # the server is rescued, its instance boots from its disk
    BOOT = "boot"  # the instance boots from an image of ours, its server is not rescued
    ORPHAN = "orphan"  # the instance of a server that is deleted
    STUCK = "stuck"  # an action that nobody carries out
    BUSY = "busy"  # something is being done to the server: it is looked at again after that


# What is put right; the others are somebody's doing that only people can judge.
HEALED: Final = frozenset(
    {
        Kind.STATE,
        Kind.FLAVOR,
        Kind.NIC_MISSING,
        Kind.DISK_MISSING,
        Kind.ADDRESS,
        Kind.TAG,
        Kind.RESCUE,
        Kind.BOOT,
        Kind.ORPHAN,
        Kind.STUCK,
    }
)


SERVER_TAG: Final = "cyclades:server:"
DISK: Final = "disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that a server and its instance disagree on."""

    kind: Kind
    what: str  # the port, the volume, or both values


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What an instance of a server is tagged with by us; other tags are none of our business."""

    wanted: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()  # of tags that nobody but us gives
    kept: frozenset[str] = frozenset()  # of those, what may stay


NO_TAGS: Final = Tags()


def server_tag(server_id: object) -> str:
    """Return the tag by which administrators find the server of an instance."""
    return f"{SERVER_TAG}{server_id}"


def differences(
    server: Server, seen: InstanceObserved, now: datetime, tags: Tags = NO_TAGS
) -> tuple[Difference, ...]:
    """Return what a server and its instance disagree on; that it is busy, while it is.

    Args:
        server: as it is now.
        seen: its instance, as it was last seen.
        now: the time.
        tags: that an instance of the server has from us.
    """
    if server.deleted_at is not None:
        return (Difference(kind=Kind.ORPHAN, what=seen.name),) if seen.present else ()
    if server.cluster != seen.cluster:
        return ()
    if not is_idle(server):
        return (Difference(kind=Kind.BUSY, what=""),)
    return (*_of(server, seen, now), *_tags(server, seen, tags))


def is_idle(server: Server) -> bool:
    """Whether nothing is done to the server or to a device of it."""
    devices: Iterable[DeviceState] = (
        *(nic.state for nic in server.nics),
        *(volume.state for volume in server.volumes),
        *(each.state for each in server.floating if each.port_id is not None),
    )
    return (
        server.action is None
        and server.vm_state is not VmState.BUILDING
        and all(state is DeviceState.ATTACHED for state in devices)
    )


def _of(server: Server, seen: InstanceObserved, now: datetime) -> Iterator[Difference]:
    after = reconcile(server, as_of_now(seen), now)
    if after is not server:
        was, found = _state(server), seen.status if seen.present else "gone"
        yield Difference(kind=Kind.STATE, what=f"{was} is {found}")
    if not seen.present or server.vm_state is VmState.ERROR:
        return
    if (size := _size(server, seen)) is not None:
        yield Difference(kind=Kind.FLAVOR, what=size)
    yield from _nics(server, seen)
    yield from _disks(server, seen)
    yield from _boot(server, seen)


def as_of_now(seen: InstanceObserved) -> InstanceObserved:
    """Return an observation that holds whatever job came before it."""
    return seen.model_copy(update={"job_id": None})


def _state(server: Server) -> str:
    return f"{server.vm_state.value} on {server.node}"


def _size(server: Server, seen: InstanceObserved) -> str | None:
    """What processors and memory differ in; nothing where Ganeti does not tell."""
    if seen.vcpus is None or seen.memory is None:
        return None
    if (seen.vcpus, seen.memory) == (server.flavor.vcpus, server.flavor.ram):
        return None
    return f"{seen.vcpus} processors and {seen.memory} MiB"


def _nics(server: Server, seen: InstanceObserved) -> Iterator[Difference]:
    there = {nic.name: nic.mac for nic in seen.nics}
    ours = {nic.port_id: nic.mac for nic in server.nics}
    addresses = {nic.port_id: nic.ipv4 for nic in server.nics}
    floating = {each.port_id for each in server.floating}
    for port in ours:
        if port not in there:
            yield Difference(kind=Kind.NIC_MISSING, what=port)
    for name, mac in there.items():
        if name not in ours and name not in floating:
            yield Difference(kind=Kind.NIC_STRANGE, what=name or mac or "without a name")
        elif name in ours and mac is not None and mac != ours[name]:
            yield Difference(kind=Kind.NIC_STRANGE, what=f"{name} has {mac}")
    for nic in seen.nics:
        if nic.name in addresses and nic.ip != addresses[nic.name]:
            yield Difference(kind=Kind.ADDRESS, what=nic.name)


def _disks(server: Server, seen: InstanceObserved) -> Iterator[Difference]:
    there = {disk.name for disk in seen.disks}
    for volume in server.volumes:
        if volume.driver is not None and volume.volume_id not in there:
            yield Difference(kind=Kind.DISK_MISSING, what=str(volume.volume_id))
    for name in strange_disks(server, seen):
        yield Difference(kind=Kind.DISK_STRANGE, what=name)


def _boot(server: Server, seen: InstanceObserved) -> Iterator[Difference]:
    """What is booted from, where the hypervisor tells; what administrators chose is theirs."""
    is_rescued = server.vm_state is VmState.RESCUED
    if is_rescued and seen.boots == DISK:
        yield Difference(kind=Kind.RESCUE, what=DISK)
    elif not is_rescued and seen.boots == IMAGE:
        yield Difference(kind=Kind.BOOT, what=IMAGE)


def _tags(server: Server, seen: InstanceObserved, tags: Tags) -> Iterator[Difference]:
    if not seen.present or seen.tags is None or server.vm_state is VmState.ERROR:
        return
    for tag in sorted(tags.wanted - set(seen.tags)):
        yield Difference(kind=Kind.TAG, what=f"+{tag}")
    for tag in sorted(set(seen.tags) - tags.wanted - tags.kept):
        if tag.startswith(tags.prefixes):
            yield Difference(kind=Kind.TAG, what=f"-{tag}")
