"""Every knob of the simulator, read from one JSON file."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

DISK_TEMPLATES = ("file", "sharedfile", "ext", "plain", "drbd", "diskless", "rbd", "gluster")


VERSIONS = ("2.16.2", "3.0.2", "3.1.1")


class Part(BaseModel):
    """What all groups of settings share: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NodeShape(Part):
    """The capacity of one simulated node."""

    memory_mib: int = Field(default=32768, ge=64, description="physical memory (mtotal)")
    reserved_mib: int = Field(default=1024, ge=0, description="used by the node itself (mnode)")
    cpus: int = Field(default=16, ge=1, description="logical processors (ctotal)")
    disk_mib: int = Field(default=1048576, ge=0, description="local storage (dtotal)")
    spindles: int = Field(
        default=0, ge=0, description="disks of the machine; more than 0: storage is exclusive"
    )


class Durations(Part):
    """How long jobs take, in seconds."""

    default: float = Field(default=0.3, ge=0, description="any opcode that is not named below")
    start_delay: float = Field(default=0.05, ge=0, description="received until started, when idle")
    start_gap: float = Field(default=0, ge=0, description="between the starts of two jobs")
    cancel: float = Field(default=0, ge=0, description="cancelling a job that waits for locks")
    realistic: bool = Field(
        default=False, description="as long as on real clusters, by chance, whatever stands here"
    )
    warp: float = Field(default=1, gt=0, description="time goes so many times as fast for jobs")
    late_starts: float = Field(
        default=0, ge=0, le=1, description="share of jobs that start 30 s late: a bad candidate"
    )
    by_opcode: dict[str, float] = Field(
        default={"OP_INSTANCE_CREATE": 1.2, "OP_TAGS_SET": 0.1, "OP_TAGS_DEL": 0.1},
        description="whole duration of one opcode, image download not counted",
    )

    def of(self, opcode: str) -> float:
        """Seconds `opcode` runs once it holds its locks."""
        return self.by_opcode.get(opcode, self.default)


DEMO = Durations()
TEST = Durations(default=0.005, start_delay=0.002, by_opcode={})


class OperatingSystem(Part):
    """One OS definition installed on every node."""

    variants: tuple[str, ...] = Field(default=("default",), description="`os+variant` is created")
    parameters: tuple[str, ...] = Field(default=(), description="OS parameters it accepts")
    installs_image: bool = Field(default=False, description="its create script fetches image_url")


CYCLADES_OS = OperatingSystem(
    parameters=(
        "image_id",
        "image_checksum",
        "image_format",
        "image_size",
        "server_id",
        "image_url",
        "seed_disk",
        "seed",
        "seed_url",
        "upload_url",
        "upload_format",
    ),
    installs_image=True,
)


class SimulatorSettings(Part):
    """The simulator's configuration file."""

    state_dir: Path = Field(description="certificate, clusters.json, saved state and disks")
    host: str = Field(default="127.0.0.1", description="address all listeners bind to")
    base_port: int = Field(
        default=8443, ge=0, le=65000, description="RAPI of cluster 1; the next is +1; 0 = ephemeral"
    )
    admin_port: int | None = Field(
        default=None, ge=0, le=65535, description="HTTP port of /sim; 0 = ephemeral; null = none"
    )
    clusters: int = Field(default=1, ge=1, le=500, description="how many clusters")
    nodes_per_cluster: int = Field(default=2, ge=1, le=200, description="nodes of each cluster")
    node: NodeShape = Field(default=NodeShape(), description="the capacity of each node")
    name_pattern: str = Field(
        default="cluster{n}.sim.test", description="cluster name; {n} counts from 1"
    )
    instances_per_cluster: int = Field(
        default=0, ge=0, le=2000, description="running instances that a new cluster begins with"
    )
    instance_pattern: str = Field(
        default="i{m}.c{n}.sim.test", description="their names; {n} cluster, {m} instance"
    )
    node_pattern: str = Field(
        default="c{n}n{m}.sim.test", description="node name; {n} cluster, {m} node"
    )
    version: Literal["2.16.2", "3.0.2", "3.1.1"] = Field(
        default="3.0.2", description="which Ganeti's defaults and fields are shown"
    )
    hypervisors: tuple[Literal["fake", "kvm"], ...] = Field(
        default=("fake",), min_length=1, description="enabled hypervisors; the first is the default"
    )
    disk_templates: tuple[str, ...] = Field(
        default=("file", "sharedfile", "ext", "diskless"), description="enabled disk templates"
    )
    ext_providers: tuple[str, ...] = Field(
        default=("dummy", "cyclades"), description="ExtStorage providers found on the nodes"
    )
    storage_root: Path | None = Field(
        default=None,
        description="folder of the provider `cyclades`, shared with a storage agent; "
        "null: `storage` in state_dir",
    )
    console_logs: Path | None = Field(
        default=None,
        description="folder of what instances write to their serial ports; "
        "null: `consoles` in state_dir",
    )
    screens: int = Field(default=256, ge=0, description="how many VNC screens are served at once")
    screen_base_port: int = Field(
        default=0, ge=0, le=65000, description="of the first kvm instance's screen; 0 = ephemeral"
    )
    bridges: tuple[str, ...] = Field(
        default=("br0", "br1"), description="bridges that exist on every node; the last is default"
    )
    operating_systems: dict[str, OperatingSystem] = Field(
        default={"cyclades": CYCLADES_OS, "noop": OperatingSystem(parameters=("img_id",))},
        description="OS definitions on the nodes",
    )
    vcpu_ratio: int = Field(default=64, ge=1, description="virtual per physical CPU (ipolicy)")
    max_vcpus: int = Field(default=64, ge=1, description="largest cpu-count the ipolicy allows")
    username: str = Field(default="cyclades", description="RAPI user that may write")
    password: str = Field(default="cyclades-sim", description="its password")
    read_username: str = Field(default="reader", description="RAPI user that may only read")
    read_password: str = Field(default="reader-sim", description="its password")
    bare_username: str = Field(default="nobody", description="RAPI user without any right")
    bare_password: str = Field(default="nobody-sim", description="its password")
    require_authentication: bool = Field(default=True, description="401 on open paths as well")
    durations: Durations = Field(default=DEMO, description="how long jobs take")
    max_running_jobs: int = Field(default=20, ge=1, description="jobs run at once per cluster")
    max_clients: int = Field(default=20, ge=1, description="requests served at once per cluster")
    redundant: bool = Field(
        default=False, description="hail takes an instance only where any one node may still fail"
    )
    node_locks: bool = Field(
        default=False, description="creates and moves lock nodes, and wait for one another"
    )
    archive_kept: int = Field(
        default=2000, ge=0, description="archived jobs that each cluster remembers"
    )
    cost_model: bool = Field(
        default=False, description="requests take as long as luxid would work for them"
    )
    consoles: bool = Field(
        default=True, description="whether booting instances write to their serial ports"
    )
    watcher_every: float = Field(
        default=0, ge=0, description="seconds between two runs of ganeti-watcher; 0: it never runs"
    )
    node_listeners: bool = Field(
        default=False, description="the master also serves RAPI at its own address"
    )
    archive_after: float = Field(default=21600, ge=0, description="archive jobs final this long")
    wait_limit: float = Field(default=10, gt=0, description="longest /2/jobs/N/wait, in seconds")
    image_timeout: float = Field(default=120, gt=0, description="deadline of one image download")
    persist: bool = Field(default=True, description="load the state at start, save it at the end")
    save_every: float = Field(default=2, gt=0, description="seconds between saves when changed")
    stop_grace: float = Field(
        default=3, ge=0, description="seconds that running jobs get to end at the stop"
    )
    seed: int = Field(default=1, description="makes uuids, MAC addresses and jitter repeatable")

    @model_validator(mode="after")
    def _known_templates(self) -> Self:
        unknown = set(self.disk_templates) - set(DISK_TEMPLATES)
        if unknown:
            raise ValueError(f"unknown disk templates: {', '.join(sorted(unknown))}")
        return self
