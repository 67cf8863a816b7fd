"""What other services say to the RAPI gateway, and what it says of its clusters.

``PUT /v1/clusters/{cluster}/submissions/{key}`` takes a ``Submission`` and answers a
``SubmissionState``: the same key always means the same one job. Names of instances and
networks are Ganeti's (``cyc-<uuid>``); sizes are MiB.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from typing_extensions import override

from shared.contracts.base import Fact
from shared.contracts.ganeti import Failure


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DiskSpec(_Closed):
    """A disk to create with an instance."""

    name: str  # the volume's uuid, or one derived from the server's for its root disk
    size: int = Field(gt=0)  # MiB


class NicSpec(_Closed):
    """A NIC to create with an instance: on a Ganeti network, or on a link of its own."""

    name: str  # the port's uuid
    mac: str
    ip: str | None = None  # IPv4; None where the port has none
    network: str | None = None  # Ganeti network; None for a v6-only port
    mode: str | None = None  # only without a network
    link: str | None = None  # only without a network
    vlan: str | None = None


class InstanceCreate(_Closed):
    """Have an instance (OP_INSTANCE_CREATE)."""

    operation: Literal["instance.create"] = "instance.create"
    instance: str
    vcpus: int = Field(gt=0)
    memory: int = Field(gt=0)  # MiB
    disk_template: str | None = None  # None: the cluster's own
    disks: list[DiskSpec]
    nics: list[NicSpec] = []
    os: str | None = None  # e.g. cyclades+default; None: the cluster's own
    os_parameters: dict[str, str] = {}  # public: stored by Ganeti and shown by RAPI
    os_secrets: dict[str, SecretStr] = {}  # travel in osparams_secret, stored nowhere
    hypervisor_parameters: dict[str, Any] = {}
    tags: list[str] = []
    node: str | None = None  # primary node; None: the cluster's iallocator decides
    group: str | None = None
    start: bool = True


class InstanceDelete(_Closed):
    """Have no instance (OP_INSTANCE_REMOVE)."""

    operation: Literal["instance.delete"] = "instance.delete"
    instance: str
    shutdown_timeout: int = Field(default=0, ge=0)  # seconds; 0: pull the plug


class InstanceStart(_Closed):
    """Have the instance run (OP_INSTANCE_STARTUP)."""

    operation: Literal["instance.start"] = "instance.start"
    instance: str


class InstanceStop(_Closed):
    """Have the instance down (OP_INSTANCE_SHUTDOWN)."""

    operation: Literal["instance.stop"] = "instance.stop"
    instance: str
    timeout: int = Field(default=60, ge=0)  # seconds given to the guest


class InstanceReboot(_Closed):
    """Restart the instance (OP_INSTANCE_REBOOT); a stopped one is started."""

    operation: Literal["instance.reboot"] = "instance.reboot"
    instance: str
    type: Literal["soft", "hard", "full"] = "hard"


class NetworkCreate(_Closed):
    """Have a network with an IPv4 pool (OP_NETWORK_ADD)."""

    operation: Literal["network.create"] = "network.create"
    network: str
    cidr: str
    gateway: str | None = None
    cidr6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    tags: list[str] = []


class NetworkConnect(_Closed):
    """Connect a network to one node group (OP_NETWORK_CONNECT)."""

    operation: Literal["network.connect"] = "network.connect"
    network: str
    group: str
    mode: str
    link: str
    vlan: str | None = None


class NetworkDisconnect(_Closed):
    """Disconnect a network from one node group (OP_NETWORK_DISCONNECT)."""

    operation: Literal["network.disconnect"] = "network.disconnect"
    network: str
    group: str


class NetworkDelete(_Closed):
    """Have no such network (OP_NETWORK_REMOVE); it must be disconnected."""

    operation: Literal["network.delete"] = "network.delete"
    network: str


Operation = Annotated[
    InstanceCreate
    | InstanceDelete
    | InstanceStart
    | InstanceStop
    | InstanceReboot
    | NetworkCreate
    | NetworkConnect
    | NetworkDisconnect
    | NetworkDelete,
    Field(discriminator="operation"),
]


class Submission(_Closed):
    """One effect to have, once."""

    operation: Operation
    request_id: str | None = None  # goes into the job's reason


class SubmissionStatus(StrEnum):
    """How far a submission has come. The job's own fate comes as events."""

    PENDING = "pending"  # not known yet; ask again with the same key
    ACCEPTED = "accepted"  # Ganeti has the job
    DONE = "done"  # nothing had to be done: no such instance to delete, say
    REJECTED = "rejected"  # Ganeti will never have a job for it


class SubmissionState(BaseModel):
    """What became of a submission."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cluster: str
    key: str
    status: SubmissionStatus
    epoch: int = 0
    job_id: int | None = None
    failure: Failure | None = None
    message: str = ""


class Link(BaseModel):
    """Where a physical network is found on the nodes of a cluster."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["bridged", "routed", "openvswitch"] = "bridged"
    link: str
    vlan: str | None = None


class ClusterRegistration(_Closed):
    """``POST /v1/clusters``: a cluster, where it answers, and how to use it."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    url: str  # https://host:5080
    username: str
    password: SecretStr
    ca_pem: str | None = None  # certificate (or CA) to trust, PEM
    trust_on_first_use: bool = False  # pin whatever certificate answers now
    availability_zone: str | None = None  # None: the cluster's name
    links: dict[str, Link] = {}  # physical network -> link on the nodes
    os: str = "cyclades+default"
    disk_template: str | None = None  # None: the cluster's first enabled one
    image_url_base: str | None = None  # where its nodes reach the image service
    settle: float = Field(default=210.0, ge=0)  # seconds before a lost create is retried


class Node(BaseModel):
    """Capacity of one node. Memory and disk in MiB."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    group: str
    vcpus: int
    memory: int
    memory_free: int
    disk: int
    disk_free: int
    instances: int
    offline: bool = False
    drained: bool = False
    vm_capable: bool = True


class ClusterState(StrEnum):
    """What administrators decided about a cluster."""

    ENABLED = "enabled"
    DRAINED = "drained"  # existing servers are served, no new ones come
    OFFLINE = "offline"  # nothing is sent
    REMOVED = "removed"


class Cluster(BaseModel):
    """A cluster as the gateway knows it; credentials never leave the gateway."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    uuid: str
    state: ClusterState
    health: str = "up"  # breaker: up, degraded, drained, failover, down
    url: str = ""
    availability_zone: str
    links: dict[str, Link] = {}
    os: str
    disk_template: str
    image_url_base: str | None = None
    software_version: str
    epoch: int = 1
    master: str = ""
    hypervisor: str = ""
    disk_templates: list[str] = []  # enabled on the cluster
    settle: float = 210.0
    groups: list[str] = []
    nodes: list[Node] = []
    vcpu_ratio: float = 4.0  # of the cluster's instance policy
    exclusion_prefixes: list[str] = []  # htools:iextags: anti-affinity prefixes on the cluster
    version: int = 0


class ClusterChanged(Fact):
    """A cluster was added, changed (also its capacity) or removed."""

    resource: ClassVar[str] = "gateway.cluster"

    verb: str = "updated"
    cluster: Cluster

    @property
    @override
    def subject(self) -> str:
        return self.cluster.name

    @property
    @override
    def order(self) -> int:
        return self.cluster.version


class ClusterPatch(_Closed):
    """``PATCH /v1/clusters/{name}``: what is given changes; a null takes the default again."""

    state: Literal["enabled", "drained", "offline"] | None = None
    url: str | None = None
    username: str | None = None
    password: SecretStr | None = None
    ca_pem: str | None = None
    trust_on_first_use: bool = False
    availability_zone: str | None = None
    links: dict[str, Link] | None = None
    os: str | None = None
    disk_template: str | None = None
    image_url_base: str | None = None
    settle: float | None = Field(default=None, ge=0)


class Query(_Closed):
    """``POST /v1/clusters/{cluster}/query/{resource}``: Ganeti's query2, through a lane."""

    fields: list[str] = Field(min_length=1)
    filter: list[Any] | None = None
    lane: Literal["read", "watch"] = "read"


class Rows(BaseModel):
    """Ganeti's answer: per row, per field, ``[status, value]``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rows: list[list[tuple[int, Any]]]
