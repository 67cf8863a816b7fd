"""A registered cluster: what others see of it, and what only the gateway knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from shared.contracts.gateway import Cluster, ClusterState
from shared.errors import BadInput, Conflict, NotFound

PLACE: Final = "{node}"  # in the URL of an agent


class ClusterUnknown(NotFound):
    """No cluster has this name."""

    code = "gateway.cluster.unknown"


class ClusterTaken(Conflict):
    """The name, or the Ganeti cluster itself, is registered already."""

    code = "gateway.cluster.taken"


class ClusterRefused(BadInput):
    """The cluster does not answer as registered: address, certificate or credential."""

    code = "gateway.cluster.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach a cluster."""

    name: str
    uuid: str  # what every endpoint must say it is; empty while not known
    endpoints: tuple[str, ...]  # the registered address first, then master candidates
    username: str
    password: str = field(repr=False)
    ca_pem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """How to reach the agents of a cluster: volumes' contents, console logs."""

    url: str  # {node} in it stands for a node's address
    sealed: str = field(repr=False)  # the token
    ca_pem: str | None = None

    def at(self, node: str | None) -> str:
        """Return the address of the agent on the node with that address.

        Raises:
            ClusterRefused: it is a node's, and nobody knows which.
        """
        if PLACE not in self.url:
            return self.url
        if not node:
            raise ClusterRefused("The address of that node is not known.")
        return self.url.replace(PLACE, f"[{node}]" if ":" in node else node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One row of the registry."""

    view: Cluster
    username: str
    sealed: str = field(repr=False)  # the password
    ca_pem: str | None
    candidates: tuple[str, ...] = ()
    last_job: int = 0
    template_asked: str | None = None  # None: the first enabled one
    access_version: int = 1  # grows when the way in changes
    nodes: int = 0  # how many could take an instance
    agent: Agent | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)  # of its nodes, by their names

    @property
    def name(self) -> str:
        """The cluster's slug."""
        return self.view.name

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Where the cluster may answer, the registered address first."""
        others = (each for each in self.candidates if each != self.view.url)
        return (self.view.url, *others)

    def access(self, password: str) -> Access:
        """Return the way in, with its password opened."""
        return Access(
            name=self.name,
            uuid=self.view.uuid,
            endpoints=self.endpoints,
            username=self.username,
            password=password,
            ca_pem=self.ca_pem,
        )

    def seen(self, **facts: Any) -> Self:
        """Return the cluster with these facts of its view replaced."""
        return replace(self, view=self.view.model_copy(update=facts))

    @property
    def takes_creates(self) -> bool:
        """Whether new instances may come."""
        return self.view.state is ClusterState.ENABLED
