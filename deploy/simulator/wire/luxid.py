"""What requests cost the real luxid, so that a bad poller hurts here as it does there."""

from typing import Final

PER_JOB: Final = 0.00015  # seconds, for one job file
BULK_PER_JOB: Final = 0.0004  # with all its opcodes
PER_INSTANCE: Final = 0.0001
PER_REQUEST: Final = 0.03
# From here on, memory makes a bulk listing of jobs worse than linear.
KNEE: Final = 2000
STEEP: Final = 1.15


def cost(what: str, count: int) -> float:
    """Seconds that luxid works for a request that loads so many objects of a kind."""
    if what == "bulk":
        return BULK_PER_JOB * count * float(max(1.0, count / KNEE) ** STEEP)
    return {"job": PER_JOB, "instance": PER_INSTANCE}.get(what, 0.0) * count
