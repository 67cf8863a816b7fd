"""Effects other services ask of Ganeti, as typed words: what the gateway turns into jobs.

Names of instances and networks are Ganeti's (``cyc-<uuid>``); sizes are MiB; one operation is
one job.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Closed(BaseModel):
    """Words that know exactly their fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DiskSpec(Closed):
    """A disk to create with an instance."""

    name: str  # the volume's uuid, or one derived from the server's for its root disk
    size: int = Field(gt=0)  # MiB
    provider: str | None = None  # of template ext; None: the cluster's own
    parameters: dict[str, str] = {}  # of the ExtStorage provider: volume, keep, …


class NicSpec(Closed):
    """A NIC to create with an instance: on a Ganeti network, or on a link of its own."""

    name: str  # the port's uuid
    mac: str
    ip: str | None = None  # IPv4; None where the port has none
    network: str | None = None  # Ganeti network; None for a v6-only port
    mode: str | None = None  # only without a network
    link: str | None = None  # only without a network
    vlan: str | None = None


class InstanceCreate(Closed):
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
    # False: the OS scripts do not run (disks that have content); Ganeti then starts nothing either.
    install: bool = True


class InstanceDelete(Closed):
    """Have no instance (OP_INSTANCE_REMOVE)."""

    operation: Literal["instance.delete"] = "instance.delete"
    instance: str
    shutdown_timeout: int = Field(default=0, ge=0)  # seconds; 0: pull the plug


class InstanceStart(Closed):
    """Have the instance run (OP_INSTANCE_STARTUP)."""

    operation: Literal["instance.start"] = "instance.start"
    instance: str


class InstanceStop(Closed):
    """Have the instance down (OP_INSTANCE_SHUTDOWN)."""

    operation: Literal["instance.stop"] = "instance.stop"
    instance: str
    timeout: int = Field(default=60, ge=0)  # seconds given to the guest


class InstanceReboot(Closed):
    """Restart the instance (OP_INSTANCE_REBOOT); a stopped one is started."""

    operation: Literal["instance.reboot"] = "instance.reboot"
    instance: str
    type: Literal["soft", "hard", "full"] = "hard"


class InstanceConfigure(Closed):
    """Change an instance's parameters (OP_INSTANCE_SET_PARAMS); what is absent stays.

    Most of it takes effect when Ganeti starts the instance the next time.
    """

    operation: Literal["instance.configure"] = "instance.configure"
    instance: str
    vcpus: int | None = Field(default=None, gt=0)
    memory: int | None = Field(default=None, gt=0)  # MiB
    # In these three, the value "default" takes the cluster's again, or forgets an OS parameter.
    hypervisor_parameters: dict[str, Any] = {}
    os_parameters: dict[str, str] = {}  # public
    os_private: dict[str, SecretStr] = {}  # masked by Ganeti, but in its config: only short-lived
    offline: bool | None = None  # True: ADMIN_offline, its memory is free for others


class InstanceTag(Closed):
    """Have a tag on the instance (OP_TAGS_SET)."""

    operation: Literal["instance.tag"] = "instance.tag"
    instance: str
    tag: str


class InstanceUntag(Closed):
    """Have no such tag on the instance (OP_TAGS_DEL)."""

    operation: Literal["instance.untag"] = "instance.untag"
    instance: str
    tag: str


class InstanceReinstall(Closed):
    """Run the OS scripts again on the first disk (shutdown, OP_INSTANCE_REINSTALL, startup).

    It cannot carry secrets: the scripts get private parameters that ``InstanceConfigure`` has set
    before (``os_private``). Afterwards the instance has the OS parameters given here, and no
    others: neither the public ones it had, nor private ones.
    """

    operation: Literal["instance.reinstall"] = "instance.reinstall"
    instance: str
    os: str | None = None
    os_parameters: dict[str, str] = {}
    start: bool = True


class InstanceExport(Closed):
    """Read the disks out through the OS definition's export script (OP_BACKUP_EXPORT)."""

    operation: Literal["instance.export"] = "instance.export"
    instance: str
    node: str | None = None  # that keeps Ganeti's (empty) export; None: the primary node
    shutdown: bool = False  # needed where the storage has no snapshots


class InstanceMigrate(Closed):
    """Move a running instance (OP_INSTANCE_MIGRATE)."""

    operation: Literal["instance.migrate"] = "instance.migrate"
    instance: str
    node: str | None = None  # None: the secondary, or what the iallocator decides
    live: bool = True
    allow_failover: bool = False


class InstanceFailover(Closed):
    """Move an instance by stopping it (OP_INSTANCE_FAILOVER)."""

    operation: Literal["instance.failover"] = "instance.failover"
    instance: str
    node: str | None = None
    ignore_consistency: bool = False  # the old node is known to be dead


class DiskAdd(Closed):
    """Give an instance a new disk, last in order (OP_INSTANCE_SET_PARAMS, disk ``add``)."""

    operation: Literal["disk.add"] = "disk.add"
    instance: str
    disk: DiskSpec
    hotplug: bool = False  # the instance runs, and should see it at once


class DiskAttach(Closed):
    """Give an instance a detached disk of Ganeti's back (disk ``attach``)."""

    operation: Literal["disk.attach"] = "disk.attach"
    instance: str
    uuid: str  # Ganeti's
    index: int = -1  # 0: becomes the root disk
    hotplug: bool = False


class DiskDetach(Closed):
    """Take a disk from an instance and keep it in Ganeti's config (disk ``detach``)."""

    operation: Literal["disk.detach"] = "disk.detach"
    instance: str
    disk: str  # name or uuid
    hotplug: bool = False


class DiskRemove(Closed):
    """Take a disk from an instance and remove it (disk ``remove``).

    A provider's disk with ``keep`` keeps its data.
    """

    operation: Literal["disk.remove"] = "disk.remove"
    instance: str
    disk: str  # name or uuid
    hotplug: bool = False


class DiskGrow(Closed):
    """Have a disk of the given size (OP_INSTANCE_GROW_DISK, absolute)."""

    operation: Literal["disk.grow"] = "disk.grow"
    instance: str
    index: int = Field(ge=0)
    size: int = Field(gt=0)  # MiB, in all


class NicAdd(Closed):
    """Give an instance one more NIC (OP_INSTANCE_SET_PARAMS, NIC ``add``)."""

    operation: Literal["nic.add"] = "nic.add"
    instance: str
    nic: NicSpec
    hotplug: bool = False


class NicRemove(Closed):
    """Take a NIC from an instance (NIC ``remove``)."""

    operation: Literal["nic.remove"] = "nic.remove"
    instance: str
    nic: str  # the port's uuid
    hotplug: bool = False


class NicChange(Closed):
    """Give a NIC another address (NIC ``modify``)."""

    operation: Literal["nic.change"] = "nic.change"
    instance: str
    nic: str  # the port's uuid
    ip: str | None = None  # None: no IPv4 address
    hotplug: bool = False


class NetworkCreate(Closed):
    """Have a network with an IPv4 pool (OP_NETWORK_ADD)."""

    operation: Literal["network.create"] = "network.create"
    network: str
    cidr: str
    gateway: str | None = None
    cidr6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    tags: list[str] = []


class NetworkConnect(Closed):
    """Connect a network to one node group (OP_NETWORK_CONNECT)."""

    operation: Literal["network.connect"] = "network.connect"
    network: str
    group: str
    mode: str
    link: str
    vlan: str | None = None


class NetworkDisconnect(Closed):
    """Disconnect a network from one node group (OP_NETWORK_DISCONNECT)."""

    operation: Literal["network.disconnect"] = "network.disconnect"
    network: str
    group: str


class NetworkDelete(Closed):
    """Have no such network (OP_NETWORK_REMOVE); it must be disconnected."""

    operation: Literal["network.delete"] = "network.delete"
    network: str


Operation = Annotated[
    InstanceCreate
    | InstanceDelete
    | InstanceStart
    | InstanceStop
    | InstanceReboot
    | InstanceConfigure
    | InstanceTag
    | InstanceUntag
    | InstanceReinstall
    | InstanceExport
    | InstanceMigrate
    | InstanceFailover
    | DiskAdd
    | DiskAttach
    | DiskDetach
    | DiskRemove
    | DiskGrow
    | NicAdd
    | NicRemove
    | NicChange
    | NetworkCreate
    | NetworkConnect
    | NetworkDisconnect
    | NetworkDelete,
    Field(discriminator="operation"),
]
