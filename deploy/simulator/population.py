"""Many instances at once: what a cluster that has been used for years consists of."""

from collections.abc import Iterator
from itertools import islice

from deploy.simulator.clock import now
from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.model import Disk, Instance, Json, Nic, Node
from deploy.simulator.world import World

_SIZE = 1024  # MiB of each instance's disk
# One object for all of them: parameters are replaced, never changed in place.
_BACKEND: Json = {"minmem": 128, "maxmem": 128, "vcpus": 1}


def populate(site: SimulatedCluster, count: int) -> int:
    """Have that many instances more, up and running; returns how many there are then."""
    world, cluster = site.world, site.state
    for name in islice(_names(site), count):
        cluster.instances[name] = _instance(world, name, _home(site))
    site.queue.changes += 1
    return len(cluster.instances)


def _names(site: SimulatedCluster) -> Iterator[str]:
    number = len(site.state.instances)
    while True:
        number += 1
        name = site.settings.instance_pattern.format(n=site.number, m=number)
        if name not in site.state.instances:
            yield name


def _home(site: SimulatedCluster) -> Node:
    nodes = list(site.state.nodes.values())
    return nodes[len(site.state.instances) % len(nodes)]


def _instance(world: World, name: str, node: Node) -> Instance:
    at = now()
    template = "file" if "file" in world.settings.disk_templates else "diskless"
    disk = Disk(uuid=world.ids.uuid(), size=_SIZE, template=template, ctime=at)
    return Instance(
        name=name,
        uuid=world.ids.uuid(),
        os="noop+default",
        hypervisor=world.settings.hypervisors[0],
        pnode=node.name,
        disk_template=template,
        admin_state="up",
        running=True,
        disks_active=True,
        beparams=_BACKEND,
        disks=[disk] if template == "file" else [],
        nics=[Nic(uuid=world.ids.uuid(), mac=world.ids.mac(world.cluster.mac_prefix))],
        ctime=at,
        mtime=at,
    )
