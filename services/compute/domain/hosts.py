"""Nodes of the clusters as Nova's administrators know them: hosts, services, hypervisors."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from shared.contracts.gateway import Cluster, ClusterState, Node
from shared.ids import derived

NAMESPACE: Final = UUID("0d3f5d0e-8f1c-5b0a-9f38-6f5b3d0c7a11")  # of the ids made here
ALIVE: Final = frozenset({"up", "degraded"})
LARGEST_ID: Final = 0x7FFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A server on a node."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFlag:
    """What administrators of the cloud decided about a node; Ganeti does not hear of it."""

    cluster: str
    node: str
    disabled: bool = False
    disabled_reason: str | None = None
    forced_down: bool = False

    def enabled(self) -> Self:
        """Return it with the node open for new servers."""
        return replace(self, disabled=False, disabled_reason=None)

    def closed(self, reason: str | None) -> Self:
        """Return it with the node closed for new servers."""
        return replace(self, disabled=True, disabled_reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A node that servers run on."""

    cluster: Cluster
    node: Node
    seen_at: datetime  # when the gateway last told of its cluster
    vcpus_used: int = 0
    guests: Sequence[Guest] = ()
    flag: NodeFlag | None = None

    @property
    def name(self) -> str:
        """How administrators call it."""
        return self.node.name

    @property
    def zone(self) -> str:
        """The availability zone it is in."""
        return self.cluster.availability_zone

    @property
    def is_up(self) -> bool:
        """Whether it answers, as far as its cluster's master and the gateway know."""
        reachable = self.cluster.health in ALIVE and self.cluster.state is not ClusterState.OFFLINE
        return reachable and not self.node.offline and not self.is_forced_down

    @property
    def is_forced_down(self) -> bool:
        """Whether administrators said that it is down."""
        return self.flag is not None and self.flag.forced_down

    @property
    def is_enabled(self) -> bool:
        """Whether new servers come to it."""
        return self.disabled_reason is None and not (self.flag and self.flag.disabled)

    @property
    def disabled_reason(self) -> str | None:
        """Why no new servers come to it; None: they do, or nobody said why."""
        if self.flag is not None and self.flag.disabled_reason is not None:
            return self.flag.disabled_reason
        if self.cluster.state is not ClusterState.ENABLED:
            return f"Cluster {self.cluster.name} is {self.cluster.state.value}."
        if self.node.drained:
            return "The node is drained."
        if not self.node.vm_capable:
            return "The node is not for servers."
        return None

    @property
    def uuid(self) -> UUID:
        """Its id as a hypervisor, always the same."""
        return derived(NAMESPACE, "hypervisor", self.cluster.name, self.node.name)

    @property
    def service_uuid(self) -> UUID:
        """The id of the service on it, always the same."""
        return service_uuid("nova-compute", self.cluster.name, self.node.name)


def service_uuid(binary: str, *where: str) -> UUID:
    """Return the id of a service somewhere, always the same."""
    return derived(NAMESPACE, "service", binary, *where)


def number_of(ident: UUID) -> int:
    """Return an id as old microversions want it: a number."""
    return ident.int & LARGEST_ID or 1


def version_number(version: str) -> int:
    """Return a version as hypervisors tell theirs: 3.0.2 is 3000002; 0 when it is no such."""
    parts = [int(part) for part in version.split(".")[:3] if part.isdecimal()]
    return sum(part * 1000**at for at, part in enumerate(reversed(parts))) if len(parts) == 3 else 0
