"""What the Ganeti networks of a cluster and our subnets on it disagree on."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.network.domain.binding import ClusterSubnet, Realisation


class Trouble(StrEnum):
    """What differs."""

    MISSING = "missing"  # ready by our records, and not there
    HANGING = "hanging"  # there, and not connected to every node group
    UNSYNCED = "unsynced"  # there and connected, and not ready by our records
    PARTED = "parted"  # there, of a living subnet, and not in our records
    ORPHAN = "orphan"  # there, of a subnet nobody knows
    LEFT_OVER = "left_over"  # there, of a subnet that was deleted and dissolved
    RESERVED = "reserved"  # an address that administrators reserved there, and we might give out
    RELEASED = "released"  # an address that is reserved there no more


@dataclass(frozen=True, slots=True, kw_only=True)
class GanetiNetwork:
    """A network as a cluster has it."""

    name: str
    groups: frozenset[str]  # node groups it is connected to
    reserved: frozenset[str] = frozenset()  # its external reservations


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One Ganeti network that is not as it should be."""

    trouble: Trouble
    network: str  # its name in Ganeti
    subnet_id: UUID
    what: str = ""  # the address


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservations:
    """Addresses of subnets on one cluster that are not for ports, by subnet."""

    recorded: Mapping[UUID, Collection[str]]  # as reserved by the cluster's administrators
    usual: Mapping[UUID, Collection[str]]  # what Ganeti reserves itself


def disagreements(
    realised: Sequence[ClusterSubnet],
    there: Sequence[GanetiNetwork],
    groups: Collection[str],
    ours: dict[str, UUID],
    alive: Collection[UUID],
) -> Iterator[Disagreement]:
    """Compare our records with what a cluster has.

    Args:
        realised: our records of the cluster.
        there: what it has.
        groups: its node groups.
        ours: the subnet of every network there that is named as ours are.
        alive: those of them that exist.
    """
    known = {each.ganeti_network: each for each in realised}
    found = {each.name: each for each in there}
    for name, record in known.items():
        trouble = _trouble(record, found.get(name), frozenset(groups))
        if trouble is not None:
            yield Disagreement(trouble=trouble, network=name, subnet_id=record.subnet_id)
    for name, subnet_id in ours.items():
        if name not in known:
            trouble = Trouble.PARTED if subnet_id in alive else Trouble.ORPHAN
            yield Disagreement(trouble=trouble, network=name, subnet_id=subnet_id)


def _trouble(
    record: ClusterSubnet, found: GanetiNetwork | None, groups: frozenset[str]
) -> Trouble | None:
    if found is None:
        return Trouble.MISSING if record.state is Realisation.READY else None
    if record.state is Realisation.READY:
        return None if groups <= found.groups else Trouble.HANGING
    return Trouble.UNSYNCED if groups <= found.groups else None


def reserved_otherwise(
    realised: Sequence[ClusterSubnet], there: Sequence[GanetiNetwork], known: Reservations
) -> Iterator[Disagreement]:
    """Compare what administrators reserved on a cluster with what we hold back for them.

    Args:
        realised: our records of the cluster.
        there: its networks.
        known: our reservations.
    """
    found = {each.name: each for each in there}
    for record in realised:
        network, ident = found.get(record.ganeti_network), record.subnet_id
        if network is None or record.state is not Realisation.READY or ident not in known.usual:
            continue
        recorded = frozenset(known.recorded.get(ident, ()))
        theirs = network.reserved - frozenset(known.usual[ident])
        for trouble, which in (
            (Trouble.RESERVED, theirs - recorded),
            (Trouble.RELEASED, recorded - theirs),
        ):
            for address in sorted(which):
                yield Disagreement(
                    trouble=trouble, network=network.name, subnet_id=ident, what=address
                )
