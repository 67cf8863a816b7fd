"""A host aggregate: nodes under a name, with metadata. A node stays in its cluster's zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from shared.errors import BadInput, Conflict, NotFound

ZONE: Final = "availability_zone"  # also a key of the metadata, as Nova has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """Nodes under a name."""

    uuid: UUID
    name: str
    created_at: datetime
    availability_zone: str | None = None
    hosts: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)  # metadata, without the zone
    updated_at: datetime | None = None
    id: int = 0  # the database gives it

    def with_host(self, host: str, zone: str) -> Self:
        """Return the aggregate with a node more.

        Raises:
            HostInAggregate: it has the node.
            HostInOtherZone: it is a zone of its own, and the node is in another.
        """
        if host in self.hosts:
            raise HostInAggregate(f"Aggregate {self.id} already has host {host}.")
        if self.availability_zone not in {None, zone}:
            raise HostInOtherZone(
                f"Cannot add host to aggregate {self.id}. Reason: One or more hosts already in "
                f"availability zone(s) ['{zone}']."
            )
        return replace(self, hosts=(*self.hosts, host))

    def without_host(self, host: str) -> Self:
        """Return the aggregate with a node less.

        Raises:
            NotFound: it does not have the node.
        """
        if host not in self.hosts:
            raise NotFound(f"Aggregate {self.id} has no host {host}.")
        return replace(self, hosts=tuple(each for each in self.hosts if each != host))

    def in_zone(self, zone: str | None) -> Self:
        """Return the aggregate as a zone, or as none.

        Raises:
            BadInput: its nodes are in the zones of their clusters.
        """
        if zone not in {None, self.availability_zone} and self.hosts:
            raise BadInput(
                f"Cannot update aggregate {self.id}. Reason: its hosts are in the zones of "
                "their clusters."
            )
        return replace(self, availability_zone=zone)

    def with_details(self, given: Mapping[str, str | None]) -> Self:
        """Return the aggregate with other metadata; a null takes a key away."""
        changed = self.in_zone(given[ZONE]) if ZONE in given else self
        merged = {**self.details, **given}
        kept = {key: value for key, value in merged.items() if value is not None and key != ZONE}
        return replace(changed, details=kept)

    def require_empty(self) -> None:
        """Let it be deleted if it has no nodes.

        Raises:
            BadInput: it has.
        """
        if self.hosts:
            raise BadInput(
                f"Cannot delete aggregate {self.id}. Reason: Host aggregate is not empty."
            )


class AggregateTaken(Conflict):
    """There is an aggregate of this name."""

    code = "compute.aggregate.taken"


class HostInAggregate(Conflict):
    """The aggregate has the node already."""

    code = "compute.aggregate.has_host"


class HostInOtherZone(Conflict):
    """The node is in its cluster's zone, and in no other."""

    code = "compute.aggregate.other_zone"


def aggregate_not_found(ident: object) -> NotFound:
    """Return the one answer for an aggregate that is absent."""
    return NotFound(f"Aggregate {ident} could not be found.")
