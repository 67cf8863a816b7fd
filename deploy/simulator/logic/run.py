"""The execution of one opcode: its input, its log, its errors, its pauses."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from deploy.simulator.catalogue import OPCODES
from deploy.simulator.jobs.queue import JobQueue, OpFailed
from deploy.simulator.logic.durations import real, scale_of
from deploy.simulator.logic.locking import lock_of
from deploy.simulator.model import Cluster, Group, Instance, Job, Json, Network, Node, Op
from deploy.simulator.settings import SimulatorSettings
from deploy.simulator.world import World, short_match

WRONG_INPUT = "wrong_input"
WRONG_STATE = "wrong_state"
UNKNOWN = "unknown_entity"
EXISTS = "already_exists"
NOT_UNIQUE = "resource_not_unique"
NO_ROOM = "insufficient_resources"
NO_ROOM_NOW = "temp_insufficient_resources"
ENVIRONMENT = "environment_error"


def prereq(text: str, code: str | None = None) -> OpFailed:
    """An OpPrereqError: nothing has been changed."""
    return OpFailed("OpPrereqError", text, *([code] if code else []))


def failure(text: str) -> OpFailed:
    """An OpExecError: it failed half way."""
    return OpFailed("OpExecError", text)


@dataclass(slots=True, kw_only=True)
class Run:
    """What an opcode's routine works with."""

    world: World
    queue: JobQueue
    job: Job
    index: int
    secrets: Json  # private and secret OS parameters with their values
    _whole: float | None = None  # seconds it takes in all

    @property
    def op(self) -> Op:
        """The opcode that is being run."""
        return self.job.ops[self.index]

    @property
    def input(self) -> Json:
        """Its parameters; what the run learns is written back, as Ganeti does."""
        return self.op.input

    @property
    def cluster(self) -> Cluster:
        """The cluster it changes."""
        return self.world.cluster

    @property
    def settings(self) -> SimulatorSettings:
        """The simulator's settings."""
        return self.world.settings

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter of the opcode."""
        return self.input.get(name, default)

    def pause(self, share: float = 1.0) -> float:
        """Seconds to pause: a share of what the opcode takes in all."""
        if self._whole is None:
            self._whole = self._duration()
        return self._whole * share / self.world.warp

    def _duration(self) -> float:
        durations, opcode = self.settings.durations, self.input["OP_ID"]
        if not durations.realistic:
            return self.world.ids.about(durations.of(opcode))
        return real(opcode, self.world.ids.chance, scale_of(self.input, self.cluster))

    def log(self, text: str) -> None:
        """A line of the opcode's log."""
        self.queue.note_log(self.job, self.index, text)

    def info(self, text: str) -> None:
        """A line as Ganeti's LogInfo writes it."""
        self.log(f" - INFO: {text}")

    def warn(self, text: str) -> None:
        """A line as Ganeti's LogWarning writes it."""
        self.log(f" - WARNING: {text}")

    def learn(self, name: str, value: Any) -> None:
        """Write a parameter into the input, where the rewritten job file has it."""
        filled = {**self.input, name: value}
        order = [p.name for p in OPCODES[filled["OP_ID"]].parameters if p.name in filled]
        head = {key: filled[key] for key in filled if key not in order}
        self.op.input = head | {key: filled[key] for key in order}

    def locked_nodes(self) -> frozenset[str] | None:
        """The nodes whose locks it holds; None where nodes are not locked."""
        if not self.settings.node_locks:
            return None
        held = self.queue.locks.of(self.job.id)
        return frozenset(name for name in self.cluster.nodes if lock_of(name) in held)

    def keep_nodes(self, names: Collection[str]) -> None:
        """Give back the locks of all other nodes."""
        others = [lock_of(name) for name in self.cluster.nodes if name not in names]
        self.queue.locks.shrink(self.job.id, others)

    def instance(self) -> Instance:
        """The instance the opcode is about."""
        name = short_match(self.input["instance_name"], self.cluster.instances)
        if name is None:
            raise prereq(f"Instance '{self.input['instance_name']}' not known", UNKNOWN)
        instance = self.cluster.instances[name]
        self.learn("instance_uuid", instance.uuid)
        return instance

    def reachable(self, name: str) -> Node:
        """The node `name`, which must answer."""
        node = self.cluster.nodes[name]
        if node.offline:
            raise prereq(f"Can't use offline node: {name}", WRONG_STATE)
        if node.down:
            raise prereq(
                f"Error checking node {name}: Error 7: Failed to connect to {node.address} "
                "port 1811 after 0 ms: Couldn't connect to server",
                ENVIRONMENT,
            )
        return node

    def find_node(self, name: str) -> Node:
        """The node called `name`."""
        full = short_match(name, self.cluster.nodes)
        if full is None:
            raise prereq(f"Node '{name}' not known", UNKNOWN)
        return self.cluster.nodes[full]

    def find_network(self, name: str) -> Network:
        """The network called `name`, or with that uuid."""
        for network in self.cluster.networks.values():
            if name in (network.name, network.uuid):
                return network
        raise prereq(f"Network '{name}' not found", UNKNOWN)

    def find_group(self, name: str) -> Group:
        """The node group called `name`, or with that uuid."""
        for group in self.cluster.groups.values():
            if name in (group.name, group.uuid):
                return group
        raise prereq(f"Node group '{name}' not found", UNKNOWN)
