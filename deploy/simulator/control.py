"""What an administrator or bad luck does to a cluster, behind the back of its RAPI users."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from time import time_ns
from typing import Any

from deploy.simulator import disasters
from deploy.simulator.cluster import SimulatedCluster, found
from deploy.simulator.faults import Faults
from deploy.simulator.jobs import mishaps
from deploy.simulator.logic import backing
from deploy.simulator.model import Instance, Json, Node
from deploy.simulator.population import populate
from deploy.simulator.snapshots import Snapshots
from deploy.simulator.storm import Storm
from deploy.simulator.truth import Entry
from deploy.simulator.validation import fill
from deploy.simulator.world import short_match


class NoSuchThing(LookupError):
    """There is no cluster, node or instance of that name."""


class Control:
    """Faults and out-of-band operations of all clusters; a cluster is named by its number."""

    def __init__(self, sites: tuple[SimulatedCluster, ...]) -> None:
        self._sites = {site.number: site for site in sites}
        self._snapshots = Snapshots()
        self._storm: Storm | None = None
        self._raging: asyncio.Task[None] | None = None

    def site(self, cluster: int = 1) -> SimulatedCluster:
        """The cluster with that number."""
        if cluster not in self._sites:
            raise NoSuchThing(f"no cluster {cluster}")
        return self._sites[cluster]

    def clusters(self) -> list[Json]:
        """A line about each cluster."""
        return [
            {
                "number": site.number,
                "name": site.state.name,
                "instances": len(site.state.instances),
                "jobs": len(site.state.jobs),
                "busy": site.queue.busy,
                "drained": site.state.drained,
                "faults": asdict(site.faults),
            }
            for site in self._sites.values()
        ]

    def set_faults(self, cluster: int = 1, **switches: Any) -> None:
        """Set some switches of the cluster's `Faults`; the others stay."""
        faults = self.site(cluster).faults
        for name, value in switches.items():
            if name not in Faults.__slots__:
                raise NoSuchThing(f"no fault {name}")
            setattr(faults, name, value)

    def heal(self, cluster: int = 1) -> None:
        """All faults off, queue open, nodes up."""
        site = self.site(cluster)
        self.set_faults(cluster, **asdict(Faults()))
        site.state.drained = False
        for node in site.state.nodes.values():
            node.down = False

    def drain(self, cluster: int = 1, *, drained: bool = True) -> None:
        """Close or open the queue, as `gnt-cluster queue drain` does."""
        self.site(cluster).state.drained = drained

    def set_node(self, name: str, cluster: int = 1, **flags: bool) -> None:
        """Set `down`, `offline` or `drained` of a node."""
        node: Node = self._named(self.site(cluster).state.nodes, name)
        for flag, value in flags.items():
            if flag not in {"down", "offline", "drained"}:
                raise NoSuchThing(f"no node flag {flag}")
            setattr(node, flag, value)
        self.site(cluster).world.happened("node.changed", node.name, **flags)

    def crash(self, name: str, cluster: int = 1) -> None:
        """The instance dies although it should run: ERROR_down."""
        self._stop(name, cluster, user=False)
        self.site(cluster).world.happened("instance.crashed", name)

    def shut_down_inside(self, name: str, cluster: int = 1) -> None:
        """The guest shuts itself down: USER_down."""
        self._stop(name, cluster, user=True)
        self.site(cluster).world.happened("instance.shut_down_inside", name)

    def seed(self, name: str, cluster: int = 1) -> Json | None:
        """What the guest was given on its drive, or None; forgotten when the simulator ends."""
        site = self.site(cluster)
        return site.world.seeds.get(self._named(site.state.instances, name).name)

    def disk(self, name: str, index: int = 0, cluster: int = 1) -> Path:
        """The file with what the instance's disk holds."""
        site = self.site(cluster)
        instance: Instance = self._named(site.state.instances, name)
        if not 0 <= index < len(instance.disks):
            raise NoSuchThing(f"no disk {index}")
        return backing.path_of(site.world, instance.disks[index])

    def operate(self, opcode: str, cluster: int = 1, **params: Any) -> int:
        """Queue an opcode as a gnt-* command on the master would; returns the job id."""
        tool = f"gnt-{opcode.split('_')[1].lower()}"
        reason = [[f"gnt:client:{tool}", opcode.removeprefix("OP_").lower(), time_ns()]]
        return self.site(cluster).queue.submit([fill(opcode, {**params, "reason": reason}, {})])

    def archive(self, cluster: int = 1, *, older_than: float = 0) -> int:
        """Archive final jobs, as `gnt-job autoarchive` does."""
        return self.site(cluster).queue.archive(older_than)

    def purge(self, cluster: int = 1) -> int:
        """Archive what has ended and forget all that is archived; returns how many jobs."""
        queue = self.site(cluster).queue
        queue.archive(0)
        return queue.book.purge(0)

    def skip_ids(self, cluster: int = 1, *, count: int = 1) -> int:
        """Use up ids without a job, as submissions do that fail half way; returns the last one."""
        self.site(cluster).state.last_job += count
        return self.site(cluster).state.last_job

    def lose_jobs(self, cluster: int = 1, *, ids: list[int]) -> None:
        """Lose the files of these jobs, finished or not."""
        mishaps.lose(self.site(cluster).queue, ids)

    def regress_serial(self, cluster: int = 1, *, to: int) -> None:
        """Go back to an older serial number: later jobs are unknown, their ids are used again."""
        disasters.forget_history(self.site(cluster), None, to)

    async def fail_over(self, cluster: int = 1, **how: Any) -> Json:
        """Another node becomes the master; see `disasters.fail_over`."""
        return await disasters.fail_over(self.site(cluster), **how)

    async def crash_luxid(self, cluster: int = 1, **how: Any) -> Json:
        """The master daemon dies and comes back; see `disasters.crash_luxid`."""
        return await disasters.crash_luxid(self.site(cluster), **how)

    def rotate_credentials(
        self, cluster: int = 1, *, password: str, username: str | None = None
    ) -> None:
        """Give a user of RAPI (the writing one) a new password."""
        disasters.rotate(self.site(cluster), password, username)

    def upgrade(self, cluster: int = 1, *, version: str) -> None:
        """Have another version of Ganeti in place."""
        disasters.upgrade(self.site(cluster), version)

    def run_watcher(self, cluster: int = 1) -> list[int]:
        """Do what ganeti-watcher does every five minutes; returns its jobs."""
        return disasters.run_watcher(self.site(cluster))

    def populate(self, cluster: int = 1, *, count: int) -> int:
        """Have that many instances more, up and running; returns how many there are then."""
        return populate(self.site(cluster), count)

    def start_storm(
        self, *, transitions: int, seconds: float, instances: int = 100, seed: int = 1
    ) -> Json:
        """Have that many job transitions over all clusters, from now on; see `storm.Storm`."""
        sites = tuple(self._sites.values())
        if not all(site.state.instances for site in sites):
            raise NoSuchThing("there are clusters without instances")
        self._storm = Storm(
            sites=sites, transitions=transitions, seconds=seconds, instances=instances, seed=seed
        )
        self._raging = asyncio.create_task(self._storm.rage())
        return self._storm.as_json()

    def storm(self) -> Json | None:
        """How far the storm has got."""
        return None if self._storm is None else self._storm.as_json()

    def history(self, cluster: int = 1, *, after: int = 0) -> list[Entry]:
        """Every transition of every job after entry number `after`, see `truth.JobHistory`."""
        return list(self.site(cluster).queue.history.after(after))

    def news(self, *, since: float) -> dict[int, list[Entry]]:
        """The transitions after a time, by cluster; clusters without any are left out."""
        found = {n: site.queue.history.since(since) for n, site in self._sites.items()}
        return {number: entries for number, entries in found.items() if entries}

    def truth(self, cluster: int = 1) -> list[Json]:
        """What really happened in the cluster since the simulator was started."""
        return list(self.site(cluster).world.truth)

    def snapshot(self, *, name: str = "", clusters: list[int] | None = None) -> dict[str, int]:
        """Remember how the clusters are; returns all snapshots with their sizes."""
        numbers = list(self._sites) if clusters is None else clusters
        if name:
            self._snapshots.take(name, [self.site(number) for number in numbers])
        return self._snapshots.sizes()

    def restore(self, *, name: str) -> list[int]:
        """Have the clusters as they were, and no faults; returns which."""
        if name not in self._snapshots.sizes():
            raise NoSuchThing(f"no snapshot {name}")
        numbers = self._snapshots.restore(name, self._sites.values())
        for number in numbers:
            self.set_faults(number, **asdict(Faults()))
        return numbers

    def sow(self, cluster: int = 1, *, seed: int | str) -> None:
        """Begin chance anew: the same identifiers and durations follow the same seed."""
        self.site(cluster).world.ids.sow(f"{seed}/{cluster}")

    def warp(self, cluster: int = 1, *, times: float) -> None:
        """Have the time go so many times as fast for the opcodes that begin from now on."""
        if not times > 0:
            raise ValueError("time goes forward")
        self.site(cluster).world.warp = float(times)

    def reset(self, cluster: int = 1) -> None:
        """Forget instances, networks, tags and finished work; identity and job ids stay."""
        site = self.site(cluster)
        state = site.state
        fresh = found(site.number, site.settings, site.world.ids)
        for name in ("instances", "networks", "detached", "filters", "exports", "exported"):
            getattr(state, name).clear()
        state.tags, state.extra, state.beparams = fresh.tags, fresh.extra, fresh.beparams
        site.queue.archive(0)
        self.heal(cluster)

    def _stop(self, name: str, cluster: int, *, user: bool) -> None:
        instance: Instance = self._named(self.site(cluster).state.instances, name)
        instance.running, instance.user_shutdown = False, user
        self.site(cluster).queue.changes += 1

    def _named(self, things: dict[str, Any], name: str) -> Any:
        full = short_match(name, things)
        if full is None:
            raise NoSuchThing(f"nothing is called {name}")
        return things[full]
