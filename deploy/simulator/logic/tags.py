"""Tags of the cluster and its objects."""

import re

from deploy.simulator.jobs.queue import OpFailed, Routine
from deploy.simulator.logic.power import dry
from deploy.simulator.logic.run import UNKNOWN, Run, prereq
from deploy.simulator.model import Cluster, Group, Instance, Network, Node
from deploy.simulator.world import touch

_VALID = re.compile(r"[\w.+*/:@-]+", re.ASCII)
MAX_LENGTH = 128
MAX_TAGS = 4096

Tagged = Cluster | Instance | Node | Group | Network


def _target(run: Run) -> Tagged:
    kind, name = run.input["kind"], run.get("name")
    if kind == "cluster":
        return run.cluster
    if kind == "instance":
        found = run.cluster.instances.get(name)
        if found is None:
            raise prereq(f"Instance '{name}' not known", UNKNOWN)
        return found
    if kind == "node":
        return run.find_node(name)
    return run.find_group(name) if kind == "nodegroup" else run.find_network(name)


def _check(tags: list[str]) -> None:
    for tag in tags:
        if not tag:
            raise OpFailed("TagError", "Tags cannot be empty")
        if len(tag) > MAX_LENGTH:
            raise OpFailed("TagError", f"Tag too long (maximum {MAX_LENGTH} characters)")
        if not _VALID.fullmatch(tag):
            raise OpFailed("TagError", "Tag contains invalid characters")


def _changed(target: Tagged) -> None:
    if not isinstance(target, Cluster):
        touch(target)


def add(run: Run) -> Routine:
    """OP_TAGS_SET; tags that are there already stay."""
    target = _target(run)
    _check(run.input["tags"])
    if dry(run):
        return None
    yield run.pause()
    if len({*target.tags, *run.input["tags"]}) > MAX_TAGS:
        raise OpFailed("TagError", "Too many tags")
    target.tags = sorted({*target.tags, *run.input["tags"]})
    _changed(target)
    return None


def remove(run: Run) -> Routine:
    """OP_TAGS_DEL; all tags must be there."""
    target = _target(run)
    _check(run.input["tags"])
    missing = sorted(set(run.input["tags"]) - set(target.tags))
    if missing:
        names = ", ".join(f"'{tag}'" for tag in missing)
        raise prereq(f"Tag(s) {names} not found", UNKNOWN)
    if dry(run):
        return None
    yield run.pause()
    target.tags = [tag for tag in target.tags if tag not in run.input["tags"]]
    _changed(target)
    return None
