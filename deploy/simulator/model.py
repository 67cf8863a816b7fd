"""What one simulated cluster consists of. Mutable: it is the simulated world itself."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Disk:
    """A disk object; it outlives its instance when detached."""

    uuid: str
    size: int
    template: str
    name: str | None = None
    mode: str = "rw"
    params: Json = field(default_factory=dict)  # provider and its parameters
    volume: str = ""  # what its ExtStorage provider knows it by
    node: str | None = None  # that has its data, where no other node can see them
    ctime: float


@dataclass(slots=True, kw_only=True)
class Nic:
    """A network interface of an instance."""

    uuid: str
    mac: str
    name: str | None = None
    ip: str | None = None
    network: str | None = None  # uuid
    params: Json = field(default_factory=dict)  # mode, link, vlan that were set explicitly


@dataclass(slots=True, kw_only=True)
class Instance:
    """A virtual machine in the cluster's configuration, and whether it runs."""

    name: str
    uuid: str
    os: str
    hypervisor: str
    pnode: str
    snodes: list[str] = field(default_factory=list)  # with the other half of drbd disks
    disk_template: str
    admin_state: str = "down"
    admin_state_source: str = "admin"
    running: bool = False
    user_shutdown: bool = False
    disks_active: bool = False
    beparams: Json = field(default_factory=dict)
    hvparams: Json = field(default_factory=dict)
    osparams: Json = field(default_factory=dict)
    osparams_private: Json = field(default_factory=dict)
    disks: list[Disk] = field(default_factory=list)
    nics: list[Nic] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    network_port: int | None = None
    has_folder: bool = False  # of file disks: made with the instance, gone with it
    serial_no: int = 1
    ctime: float
    mtime: float


@dataclass(slots=True, kw_only=True)
class Node:
    """A machine of the cluster."""

    name: str
    uuid: str
    address: str
    group: str  # uuid
    master: bool = False
    candidate: bool = True
    drained: bool = False
    offline: bool = False
    down: bool = False  # does not answer, though not marked offline
    memory: int
    reserved: int
    cpus: int
    disk: int
    spindles: int = 0  # of exclusive storage
    tags: list[str] = field(default_factory=list)
    serial_no: int = 1
    ctime: float
    mtime: float


@dataclass(slots=True, kw_only=True)
class Group:
    """A node group."""

    name: str
    uuid: str
    alloc_policy: str = "preferred"
    ipolicy: Json = field(default_factory=dict)
    ndparams: Json = field(default_factory=dict)
    diskparams: Json = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    serial_no: int = 1
    ctime: float = 0
    mtime: float


@dataclass(slots=True, kw_only=True)
class Network:
    """An IP pool and the groups it is connected to."""

    name: str
    uuid: str
    network: str
    gateway: str | None = None
    network6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    reserved: set[int] = field(default_factory=set)  # offsets that instances hold
    external: set[int] = field(default_factory=set)  # offsets kept for others
    groups: dict[str, Json] = field(default_factory=dict)  # group uuid -> mode, link, vlan
    tags: list[str] = field(default_factory=list)
    serial_no: int = 1
    ctime: float
    mtime: float


@dataclass(slots=True, kw_only=True)
class FilterRule:
    """A job filter rule as an operator has set it."""

    uuid: str
    watermark: int
    priority: int
    predicates: list[Any]
    action: Any
    reason_trail: list[Any]


@dataclass(slots=True, kw_only=True)
class Op:
    """One opcode of a job."""

    input: Json
    status: str = "queued"
    result: Any = None
    log: list[list[Any]] = field(default_factory=list)
    start: tuple[int, int] | None = None
    exec: tuple[int, int] | None = None
    end: tuple[int, int] | None = None


@dataclass(slots=True, kw_only=True)
class Job:
    """A job: one or more opcodes, with the times at which things happened."""

    id: int
    ops: list[Op]
    received: tuple[int, int]
    start: tuple[int, int] | None = None
    end: tuple[int, int] | None = None
    archived: bool = False


@dataclass(slots=True, kw_only=True)
class Cluster:
    """Everything one cluster remembers, its job queue included."""

    name: str
    uuid: str
    mac_prefix: str
    drained: bool = False
    beparams: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)  # what OP_CLUSTER_SET_PARAMS changed
    nodes: dict[str, Node] = field(default_factory=dict)  # by name
    groups: dict[str, Group] = field(default_factory=dict)  # by name
    networks: dict[str, Network] = field(default_factory=dict)  # by name
    instances: dict[str, Instance] = field(default_factory=dict)  # by name
    detached: dict[str, Disk] = field(default_factory=dict)  # by uuid
    exports: dict[str, list[str]] = field(default_factory=dict)  # node -> instances
    exported: dict[str, Json] = field(default_factory=dict)  # node/instance -> what it was
    filters: dict[str, FilterRule] = field(default_factory=dict)  # by uuid
    tags: list[str] = field(default_factory=list)
    jobs: dict[int, Job] = field(default_factory=dict)
    archive: dict[int, str] = field(default_factory=dict)  # archived jobs, as JSON
    version: str = ""  # of its software; empty: as the settings say
    last_job: int = 0
    ctime: float
    mtime: float
