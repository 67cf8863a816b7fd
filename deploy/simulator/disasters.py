"""What befalls a whole cluster: failovers, crashes, lost jobs, new passwords, upgrades."""

import random
from time import time_ns
from typing import Any

from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.jobs import mishaps
from deploy.simulator.model import Json, Node
from deploy.simulator.reading import status_of
from deploy.simulator.settings import VERSIONS
from deploy.simulator.validation import fill
from deploy.simulator.world import touch

_WATCHER = "gnt:daemon:watcher"


class Impossible(Exception):
    """That cannot happen to this cluster."""


def next_master(site: SimulatedCluster, to: str | None) -> Node:
    """The node that takes over: the named one, or the first candidate that answers."""
    candidates = [
        node
        for node in site.state.nodes.values()
        if node.candidate and not (node.master or node.offline or node.down)
    ]
    if to is not None:
        candidates = [node for node in site.state.nodes.values() if node.name == to]
    if not candidates:
        raise Impossible("there is no other master candidate")
    return candidates[0]


async def fail_over(
    site: SimulatedCluster,
    *,
    to: str | None = None,
    seconds: float = 0,
    crash: bool = False,
    effects: float = 0.5,
    detected: float = 1.0,
    keep_from: int | None = None,
    serial: int | None = None,
    floating: bool = True,
) -> Json:
    """Another node becomes the master.

    Args:
        site: the cluster.
        to: the new master; a candidate, unless named.
        seconds: connections are refused for so long, then the new master answers.
        crash: whether the old one has died: its jobs are found dead and it stays down. Else they
            end in NoMasterError.
        effects: without a crash, the share of the started jobs whose work is done all the same.
        detected: after so many seconds jobs end that do not go on, or are found dead.
        keep_from: jobs with smaller ids are unknown to the new master.
        serial: the last job id that it knows of; jobs beyond are unknown to it, their ids new.
        floating: whether the cluster's address moves along; else only the node's own answers.
    """
    old = next(node for node in site.state.nodes.values() if node.master)
    new = next_master(site, to)
    if site.listener is not None:
        site.listener.floating = floating
        await site.listener.shut()
    # Not the cluster's own chance: a failover must not change which ids come after it.
    chance = random.Random(f"{site.settings.seed}/{site.number}/{site.state.last_job}")
    if crash:
        hit = mishaps.kill(site.queue, detected)
        old.down = True
    else:
        hit = mishaps.orphan(site.queue, lambda: chance.random() < effects, detected)
    old.master, new.master, new.candidate = False, True, True
    site.state.mtime = new.mtime
    touch(new)
    forget_history(site, keep_from, serial)
    mishaps.lose_queued_secrets(site.queue)
    site.world.happened("cluster.failed_over", new.name, before=old.name)
    await reopen(site, seconds)
    return {"master": new.name, "in_flight": hit}


def forget_history(site: SimulatedCluster, keep_from: int | None, serial: int | None) -> None:
    """Lose the oldest jobs, or go back to an older serial number."""
    known = site.queue.book.numbers()
    if keep_from is not None:
        mishaps.lose(site.queue, [number for number in known if number < keep_from])
    if serial is not None:
        mishaps.lose(site.queue, [number for number in known if number > serial])
        site.state.last_job = serial


async def crash_luxid(
    site: SimulatedCluster, *, seconds: float = 0, lost: int = 0, dead: bool = False,
    detected: float = 1.0,
) -> Json:  # fmt: skip
    """The master daemon dies and comes back; RAPI answers 502 meanwhile.

    Args:
        site: the cluster.
        seconds: until it is back.
        lost: so many of the newest jobs that have not started are lost with their files.
        dead: whether the processes of the started jobs die as well.
        detected: after how many seconds that is noticed.
    """
    waiting = [n for n, work in site.queue.works.items() if work.job.start is None]
    gone = waiting[len(waiting) - lost :] if lost else []
    mishaps.lose(site.queue, gone)
    hit = mishaps.kill(site.queue, detected) if dead else []
    mishaps.lose_queued_secrets(site.queue)
    site.world.happened("cluster.luxid_crashed", site.state.name)
    if seconds:
        site.faults.luxid_down = True
        site.queue.timers.after(seconds, lambda: _luxid_back(site))
    return {"lost": gone, "in_flight": hit}


def _luxid_back(site: SimulatedCluster) -> None:
    site.faults.luxid_down = False


async def reopen(site: SimulatedCluster, seconds: float = 0) -> None:
    """Have RAPI answer, at once or after a while."""
    if site.listener is None:
        return
    if seconds:
        site.listener.open_later(own_address(site), seconds)
    else:
        await site.listener.open(own_address(site))


def own_address(site: SimulatedCluster) -> str | None:
    """Where the master answers besides the cluster's address."""
    if not site.settings.node_listeners:
        return None
    return next(node.address for node in site.state.nodes.values() if node.master)


def rotate(site: SimulatedCluster, password: str, username: str | None = None) -> None:
    """Give a user of RAPI a new password; the old one is answered with 401."""
    name = username or site.settings.username
    old = [user for user in site.users if user[0] == name]
    if not old:
        raise Impossible(f"there is no user {name}")
    for user in old:
        site.users[name, password] = site.users.pop(user)


def upgrade(site: SimulatedCluster, version: str) -> None:
    """Have another version of Ganeti from now on."""
    if version not in VERSIONS:
        raise Impossible(f"there is no version {version}")
    site.state.version = version


def run_watcher(site: SimulatedCluster) -> list[int]:
    """Do what ganeti-watcher does every five minutes; returns its jobs.

    It has what died started again, and disks verified.
    """
    trail: list[list[Any]] = [[_WATCHER, "", time_ns()]]
    down = [i for i in site.state.instances.values() if status_of(site.state, i) == "ERROR_down"]
    wanted = [("OP_INSTANCE_STARTUP", {"instance_name": i.name, "force": False}) for i in down]
    wanted += [("OP_GROUP_VERIFY_DISKS", {"group_name": name}) for name in site.state.groups]
    return [site.queue.submit([fill(op, {**given, "reason": trail}, {})]) for op, given in wanted]
