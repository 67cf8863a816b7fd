"""The rows of big clusters' instances, rendered once per change.

A poller that looks at a thousand instances every few seconds would otherwise cost the simulator
more than everything it simulates.
"""

from collections.abc import Iterable
from typing import Any, Final

import orjson

from deploy.simulator.model import Instance
from deploy.simulator.query import instances
from deploy.simulator.world import World

WORTH_IT: Final = 200  # instances of a cluster
# What may change without the instance's own time of change.
_VOLATILE: Final = frozenset({"console", "osparams", "custom_osparams", "forthcoming"})
Fingerprint = tuple[Any, ...]


def cacheable(world: World, fields: Iterable[str]) -> bool:
    """Whether rows of these fields are worth keeping, and stay true."""
    return len(world.cluster.instances) >= WORTH_IT and _VOLATILE.isdisjoint(fields)


def rendered(world: World, wanted: Iterable[Instance], fields: list[str]) -> bytes:
    """The rows of some instances, as a JSON list."""
    around = _surroundings(world)
    kept = world.rows.setdefault(tuple(fields), {})
    found = []
    for each in wanted:
        mark = (
            each.mtime, each.serial_no, each.running, each.user_shutdown, each.admin_state,
            each.admin_state_source, each.disks_active, each.pnode, each.network_port, each.uuid,
            around,
        )  # fmt: skip
        row = kept.get(each.name)
        if row is None or row[0] != mark:
            cells = [instances.cell(world, each, name) for name in fields]
            # As text: a copy of the right size, where the buffer it comes from is given back.
            row = kept[each.name] = (mark, orjson.dumps(cells).decode())
        found.append(row[1])
    if len(kept) > 2 * len(world.cluster.instances):
        kept.clear()  # most of what is kept is of instances that are gone
    return f"[{','.join(found)}]".encode()


def _surroundings(world: World) -> int:
    """What of the cluster shows in its instances' rows, as one number."""
    cluster = world.cluster
    return hash(
        (
            tuple((node.offline, node.down, node.group) for node in cluster.nodes.values()),
            tuple((group.uuid, group.name) for group in cluster.groups.values()),
            tuple((network.uuid, network.name) for network in cluster.networks.values()),
            tuple(cluster.beparams.items()),
            world.version,
        )
    )
