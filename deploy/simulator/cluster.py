"""One simulated cluster: its state, its queue, its faults."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.simulator.clock import Ids, now, stamp
from deploy.simulator.faults import Faults
from deploy.simulator.jobs.queue import JobQueue, OpFailed, Routine, Rules
from deploy.simulator.jobs.timers import Timers
from deploy.simulator.listening import Listener
from deploy.simulator.logic import backing
from deploy.simulator.logic.locking import Wanted, locks_of, node_locks
from deploy.simulator.logic.registry import ROUTINES
from deploy.simulator.logic.run import WRONG_INPUT, Run, prereq
from deploy.simulator.model import Cluster, Group, Job, Json, Node, Op
from deploy.simulator.settings import SimulatorSettings
from deploy.simulator.world import World

_LATE = 30.0  # seconds that a start takes when a master candidate cannot be reached
SCREENS = 500  # ports from one cluster's first to the next one's


def found(number: int, settings: SimulatorSettings, ids: Ids) -> Cluster:
    """A new, empty cluster."""
    at = now()
    cluster = Cluster(
        name=settings.name_pattern.format(n=number),
        uuid=ids.uuid(),
        mac_prefix=f"aa:{number // 256:02x}:{number % 256:02x}",
        ctime=at,
        mtime=at,
    )
    group = Group(name="default", uuid=ids.uuid(), mtime=at)
    cluster.groups[group.name] = group
    shape = settings.node
    for m in range(1, settings.nodes_per_cluster + 1):
        node = Node(
            name=settings.node_pattern.format(n=number, m=m),
            uuid=ids.uuid(),
            # Of this machine: nobody who tries it (for another master, say) leaves the loopback.
            address=f"127.{200 + number // 256}.{number % 256}.{10 + m}",
            group=group.uuid,
            master=m == 1,
            memory=shape.memory_mib,
            reserved=shape.reserved_mib,
            cpus=shape.cpus,
            disk=shape.disk_mib,
            spindles=shape.spindles,
            ctime=at,
            mtime=at,
        )
        cluster.nodes[node.name] = node
    _record_first_job(cluster)
    return cluster


def _record_first_job(cluster: Cluster) -> None:
    at = stamp()
    trail = [["gnt:client:gnt-cluster", "init", (at[0] * 10**6 + at[1]) * 1000]]
    opcode = {
        "debug_level": 0,
        "priority": 0,
        "depends": None,
        "comment": None,
        "reason": trail,
        "OP_ID": "OP_CLUSTER_POST_INIT",
    }
    op = Op(input=opcode, status="success", result=True, start=at, exec=at, end=at)
    cluster.jobs[1] = Job(id=1, ops=[op], received=at, start=at, end=at)
    cluster.last_job = 1


@dataclass(slots=True, kw_only=True)
class SimulatedCluster:
    """A cluster that lives: requests come in through `wire`, jobs run in `queue`."""

    number: int
    world: World
    queue: JobQueue

    users: dict[tuple[str, str], frozenset[str]]  # name and password -> rights
    listener: Listener | None = None  # set when it serves

    @property
    def faults(self) -> Faults:
        """What goes wrong with it."""
        return self.world.faults

    @property
    def state(self) -> Cluster:
        """What the cluster remembers."""
        return self.world.cluster

    @property
    def settings(self) -> SimulatorSettings:
        """The simulator's settings."""
        return self.world.settings


def users_of(settings: SimulatorSettings) -> dict[tuple[str, str], frozenset[str]]:
    """The users file of a new cluster."""
    return {
        (settings.username, settings.password): frozenset({"read", "write"}),
        (settings.read_username, settings.read_password): frozenset({"read"}),
        (settings.bare_username, settings.bare_password): frozenset[str](),
    }


def _first_port(settings: SimulatorSettings, number: int) -> int:
    """Clusters share one address, so each has ports of its own."""
    return settings.screen_base_port and settings.screen_base_port + (number - 1) * SCREENS


def _spoiled(faults: Faults, asked: Json, secrets: Json) -> Routine | None:
    """What becomes of an opcode that never gets as far as its work."""
    if faults.lock_timeouts > 0:
        faults.lock_timeouts -= 1
        return _ends(OpFailed("OpExecError", ""))  # it waited too long for the configuration
    if asked.get("osparams_secret") and not secrets.get("osparams_secret"):
        # The master daemon has been restarted since, and had them in memory only.
        return _ends(prereq("Please re-submit secret parameters to job.", WRONG_INPUT))
    return None


def _ends(how: OpFailed) -> Routine:
    yield 0.0
    raise how


def bring_up(
    number: int, settings: SimulatorSettings, saved: Cluster | None, disks: Path
) -> SimulatedCluster:
    """Start a cluster, new or from its saved state."""
    life = saved.last_job if saved is not None else 0
    ids = Ids(f"{settings.seed}/{number}/{life}")
    cluster = saved if saved is not None else found(number, settings, ids)
    queues: list[JobQueue] = []

    def submit(inputs: list[Json]) -> int:
        return queues[0].submit(inputs)

    world = World(
        cluster=cluster,
        settings=settings,
        ids=ids,
        disks=disks,
        submit=submit,
        storage=settings.storage_root or settings.state_dir / "storage",
        consoles=settings.console_logs or settings.state_dir / "consoles",
        first_port=_first_port(settings, number),
        warp=settings.durations.warp,
    )
    backing.prepare(world)

    def perform(job: Job, index: int, secrets: Json) -> Routine:
        asked = job.ops[index].input
        spoiled = _spoiled(world.faults, asked, secrets)
        if spoiled is not None:
            return spoiled
        run = Run(world=world, queue=queues[0], job=job, index=index, secrets=secrets)
        return ROUTINES[asked["OP_ID"]](run)

    def max_running() -> int:
        value: Any = cluster.extra.get("max_running_jobs", settings.max_running_jobs)
        return int(value)

    def locks(opcode: Json) -> tuple[Wanted, frozenset[str]]:
        nodes, optional = node_locks(cluster, opcode) if settings.node_locks else ({}, frozenset())
        return locks_of(opcode) | nodes, optional

    durations = settings.durations

    def hiccup() -> float:
        late = ids.chance.random() < durations.late_starts
        return _LATE / world.warp if late else 0.0

    def start_gap() -> float:
        return durations.start_gap / world.warp

    rules = Rules(
        start_delay=durations.start_delay,
        start_gap=start_gap,
        hiccup=hiccup if durations.late_starts else None,
        cancel_delay=durations.cancel,
        archive_kept=settings.archive_kept,
        max_running=max_running,
        locks=locks,
        perform=perform,
        filters=cluster.filters.values,
    )
    queue = JobQueue(cluster, rules, Timers())
    queues.append(queue)
    queue.resume()
    return SimulatedCluster(number=number, world=world, queue=queue, users=users_of(settings))
