"""How long opcodes take on real clusters: half of them this long, one in twenty that long.

Where memory or disks are copied, their size decides.
"""

import math
import random
from dataclasses import dataclass
from typing import Final

from deploy.simulator.catalogue import CLUSTER
from deploy.simulator.model import Cluster, Instance, Json

# Seconds: median and 95th percentile.
REAL: Final[dict[str, tuple[float, float]]] = {
    "OP_TAGS_SET": (0.05, 0.15),
    "OP_TAGS_DEL": (0.05, 0.15),
    "OP_INSTANCE_STARTUP": (2, 8),
    "OP_INSTANCE_SHUTDOWN": (8, 60),
    "OP_INSTANCE_REBOOT": (10, 60),
    "OP_INSTANCE_CREATE": (20, 90),
    "OP_INSTANCE_REMOVE": (4, 20),
    "OP_INSTANCE_GROW_DISK": (3, 15),
    "OP_INSTANCE_SET_PARAMS": (0.5, 3),
    "OP_INSTANCE_MIGRATE": (8, 16),
    "OP_INSTANCE_FAILOVER": (10, 40),
    "OP_INSTANCE_REPLACE_DISKS": (60, 600),
    "OP_BACKUP_EXPORT": (60, 300),
    "OP_NODE_EVACUATE": (1, 5),
    "OP_OS_DIAGNOSE": (0.2, 1),
    "OP_INSTANCE_QUERY_DATA": (0.2, 1),
}
USUAL: Final = (0.3, 1.5)
CREATE: Final = "OP_INSTANCE_CREATE"
# Of creates, by disk template: elsewhere a volume is there at once, a mirror has to be made.
CREATES: Final = {"ext": (12.0, 45.0), "rbd": (12.0, 45.0), "drbd": (60.0, 600.0)}
# What copies, at so many MiB a second: a live migration's memory, the rest disks.
RATES: Final = {
    "OP_INSTANCE_MIGRATE": 32.0,
    "OP_INSTANCE_REPLACE_DISKS": 60.0,
    "OP_BACKUP_EXPORT": 100.0,
}
SYNC: Final = 60.0  # MiB a second, of a mirror that is waited for
PLUG: Final = 1.0  # seconds: a device of an instance that runs
_BACKEND: Final[Json] = CLUSTER["constants"]["beparams"]["default"]
_BEYOND: Final = 1.645  # standard deviations from the median to the 95th percentile


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What of an opcode's object decides how long it takes."""

    template: str = ""
    copied: int = 0  # MiB, by what copies
    synced: int = 0  # MiB of a mirror that is waited for
    plugged: bool = False
    at_most: float = math.inf  # seconds the guest is given


def real(opcode: str, chance: random.Random, scale: Scale | None = None) -> float:
    """A duration of the opcode: log-normally distributed as measured ones are, or by size."""
    known = scale or Scale()
    if known.copied and opcode in RATES:
        return known.copied / RATES[opcode] * chance.uniform(1.0, 1.5)
    middle, long = REAL.get(opcode, USUAL)
    if opcode == CREATE and not known.synced:
        middle, long = CREATES.get(known.template, (middle, long))
    seconds = chance.lognormvariate(math.log(middle), math.log(long / middle) / _BEYOND)
    extra = known.synced / SYNC * chance.uniform(1.0, 1.5) + PLUG * known.plugged
    return min(seconds, known.at_most) + extra


def scale_of(opcode: Json, cluster: Cluster) -> Scale:
    """What decides how long an opcode takes, by its parameters and its instance."""
    name = opcode["OP_ID"]
    if name == CREATE:
        return _of_create(opcode)
    instance = cluster.instances.get(str(opcode.get("instance_name")))
    if instance is None:
        return Scale()
    disks = sum(disk.size for disk in instance.disks)
    backend = {**_BACKEND, **cluster.beparams, **instance.beparams}
    return Scale(
        template=instance.disk_template,
        copied=backend["maxmem"] if name == "OP_INSTANCE_MIGRATE" else disks,
        synced=_grown(opcode, instance) if name == "OP_INSTANCE_GROW_DISK" else 0,
        plugged=bool(opcode.get("hotplug") and instance.running),
        at_most=float(opcode["timeout"]) if name == "OP_INSTANCE_SHUTDOWN" else math.inf,
    )


def _of_create(opcode: Json) -> Scale:
    template = str(opcode.get("disk_template") or "")
    waits = template == "drbd" and opcode.get("wait_for_sync")
    sizes = (int(disk.get("size") or 0) for disk in opcode.get("disks") or ())
    return Scale(template=template, synced=sum(sizes) if waits else 0)


def _grown(opcode: Json, instance: Instance) -> int:
    """MiB that a mirror has to copy because a disk grew."""
    index, amount = int(opcode["disk"]), int(opcode["amount"])
    if not (instance.snodes and opcode.get("wait_for_sync") and index < len(instance.disks)):
        return 0
    return max(0, amount - instance.disks[index].size if opcode.get("absolute") else amount)
