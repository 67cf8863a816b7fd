"""How long opcodes take on real clusters: half of them this long, one in twenty that long."""

import math
import random
from typing import Final

# Seconds: median and 95th percentile. What depends on a size has its seconds per MiB below.
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
_BEYOND: Final = 1.645  # standard deviations from the median to the 95th percentile


def real(opcode: str, chance: random.Random) -> float:
    """A duration of the opcode, log-normally distributed as measured ones are."""
    middle, long = REAL.get(opcode, USUAL)
    return chance.lognormvariate(math.log(middle), math.log(long / middle) / _BEYOND)
