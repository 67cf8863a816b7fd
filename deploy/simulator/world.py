"""What an opcode needs besides the cluster itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.simulator.clock import Ids, now
from deploy.simulator.faults import Faults
from deploy.simulator.model import Cluster, Group, Instance, Json, Node
from deploy.simulator.settings import SimulatorSettings


@dataclass(slots=True, kw_only=True)
class World:
    """One cluster with its surroundings: settings, identifiers, disks, ground truth."""

    cluster: Cluster
    settings: SimulatorSettings
    ids: Ids
    disks: Path  # where the bits of installed disks are kept
    submit: Callable[[list[Json]], int]
    storage: Path  # the folder of the ExtStorage provider
    consoles: Path  # what instances write to their serial ports
    first_port: int  # of the instances' screens; 0: any that is free
    warp: float = 1.0  # time goes so many times as fast for jobs
    faults: Faults = field(default_factory=Faults)
    seeds: dict[str, Json] = field(default_factory=dict)  # what guests were given, by instance
    rows: dict[Any, dict[str, tuple[Any, str]]] = field(default_factory=dict)  # see query.rows
    truth: list[Json] = field(default_factory=list)  # what really happened, oldest first

    def happened(self, what: str, name: str, **more: Any) -> None:
        """Add to the ground truth that tests compare with what was published."""
        self.truth.append({"at": now(), "what": what, "name": name, **more})
        del self.truth[:-100_000]

    @property
    def newer(self) -> bool:
        """Whether the version profile is 3.1 or later."""
        return self.version.startswith("3.1")

    @property
    def version(self) -> str:
        """Of the cluster's software, which may have been upgraded."""
        return self.cluster.version or self.settings.version


def short_match(name: str, known: dict[str, Any]) -> str | None:
    """The full name for `name`, which may lack the domain."""
    if name in known:
        return name
    found = [full for full in known if full.startswith(f"{name}.")]
    return found[0] if len(found) == 1 else None


def group_by_uuid(cluster: Cluster, uuid: str) -> Group:
    """The group with that uuid."""
    return next(group for group in cluster.groups.values() if group.uuid == uuid)


def primaries(cluster: Cluster, node: Node) -> list[Instance]:
    """The instances whose primary node is `node`, by name."""
    return sorted(located(cluster, node), key=lambda i: i.name)


def located(cluster: Cluster, node: Node) -> Iterator[Instance]:
    """The same in no order, for those who only count."""
    return (i for i in cluster.instances.values() if i.pnode == node.name)


def touch(thing: Any) -> None:
    """Note a change of a configuration object: its serial number and time."""
    thing.serial_no += 1
    thing.mtime = now()
