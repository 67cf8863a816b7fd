"""What other services say to the RAPI gateway, and what it says of its clusters.

``PUT /v1/clusters/{cluster}/submissions/{key}`` takes a ``Submission`` and answers a
``SubmissionState``: the same key always means the same one job. Names of instances and
networks are Ganeti's (``cyc-<uuid>``); sizes are MiB.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from typing_extensions import override

from shared.contracts.base import Fact
from shared.contracts.ganeti import Failure
from shared.contracts.operations import Closed, Operation


class Submission(Closed):
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
    reason: str = ""  # what a pending one waits for: cluster_drained, cluster_down, in_doubt, …


class Link(BaseModel):
    """Where a physical network is found on the nodes of a cluster."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["bridged", "routed", "openvswitch"] = "bridged"
    link: str
    vlan: str | None = None


class ClusterRegistration(Closed):
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
    ext_provider: str | None = None  # our ExtStorage provider on its nodes, when installed
    agent_url: str | None = None  # https://{node}:8799 of the agent; {node}: a node's address
    agent_token: SecretStr | None = None  # sent as "Authorization: Bearer ..."
    agent_ca_pem: str | None = None


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
    address: str | None = None  # primary
    boot_id: str | None = None  # another after every boot; None: it does not answer
    up_since: datetime | None = None  # it has run at least since then: when this boot was seen
    disabled: bool = False  # compute's own: switched off in the cloud, which Ganeti does not know


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
    # Why it is not up: unreachable, certificate, daemon, queue_drained, auth, another_cluster.
    cause: str = ""
    health_since: str | None = None  # RFC 3339
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
    ext_provider: str | None = None  # None: disks of template ext cannot be had
    has_agent: bool = False  # volumes' contents, console logs and rescue images need it
    smallest_disk: int = 1024  # MiB, of the instance policies: nothing smaller can be had
    hotplug: bool = True  # whether its hypervisor can (kvm)
    version: int = 0


class LaneStatus(BaseModel):
    """One lane of calls to a cluster."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    slots: int
    under_way: int
    waiting: int


class LineStatus(BaseModel):
    """How the process that answers sees a cluster itself; others may see it otherwise."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    health: str
    cause: str = ""
    endpoint: str
    lanes: dict[str, LaneStatus] = {}
    slots_share: float = 1.0  # of what may be used: less while the cluster suffers
    rate_share: float = 1.0
    answered_at: str | None = None  # RFC 3339: its last good answer
    accepted_at: str | None = None  # the last job it took


class ClusterStatus(BaseModel):
    """``GET /v1/clusters/{c}/status``: how a cluster is served, for operators."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cluster: str
    state: ClusterState
    health: str  # as the cloud was told
    cause: str = ""
    health_since: str | None = None
    epoch: int
    master: str = ""
    last_job: int = 0
    pending: int = 0  # submissions that wait
    in_doubt: int = 0  # of these: sent, and nobody knows yet what became of it
    lag_seconds: float = 0.0  # how long the first of them has waited
    holder: str | None = None  # the process that speaks for it; None: none does
    line: LineStatus | None = None  # None: the process that answers has not spoken to it


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


class LoadChanged(Fact):
    """Much more, or much less, waits for a cluster than was told last, or its breaker moved.

    Figures change all the time: they are told when their magnitude does, for operators.
    """

    resource: ClassVar[str] = "gateway.load"

    verb: str = "changed"
    cluster: str
    sequence: int
    health: str  # of the breaker, as the process sees it that speaks for the cluster
    cause: str = ""
    pending: int = 0  # submissions that wait
    in_doubt: int = 0  # of these: sent, and nobody knows yet what became of it
    lag_seconds: float = 0.0  # how long the first of them has waited
    last_job: int = 0

    @property
    @override
    def subject(self) -> str:
        return self.cluster

    @property
    @override
    def order(self) -> int:
        return self.sequence


class AcceptedJob(BaseModel):
    """One of ``GET /v1/clusters/{cluster}/jobs/accepted``: the job a submission got."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: int
    key: str


class ClusterPatch(Closed):
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
    ext_provider: str | None = None
    agent_url: str | None = None
    agent_token: SecretStr | None = None
    agent_ca_pem: str | None = None
    settle: float | None = Field(default=None, ge=0)


class Query(Closed):
    """``POST /v1/clusters/{cluster}/query/{resource}``: Ganeti's query2, through a lane."""

    fields: list[str] = Field(min_length=1)
    filter: list[Any] | None = None
    lane: Literal["read", "watch"] = "read"


class Rows(BaseModel):
    """Ganeti's answer: per row, per field, ``[status, value]``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rows: list[list[tuple[int, Any]]]


class Cancelled(BaseModel):
    """What came of ``DELETE /v1/clusters/{c}/jobs/{epoch}/{job}``: a job that runs goes on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    canceled: bool
    message: str = ""


class Console(BaseModel):
    """Where an instance's screen can be reached: ``GET /v1/clusters/{c}/instances/{i}/console``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["vnc", "spice"]
    host: str  # address of the node
    port: int


class ConsoleOutput(BaseModel):
    """The end of what an instance wrote to its serial port: ``…/console-output?length=lines``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    output: str
