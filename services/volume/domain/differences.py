"""What volumes and snapshots, and what is stored of them, disagree on.

Nothing that is done to a volume is judged: only volumes at rest are compared, and what is on its
way is a difference only when no saga is at work on it any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.volume.domain.lifecycle import Status
from services.volume.domain.placing import GIB
from services.volume.domain.snapshot import Snapshot, SnapshotStatus
from services.volume.domain.volume import Volume
from shared.contracts.storage import StoredVolume


class Kind(StrEnum):
    """What differs."""

    LOST = "lost"  # a free volume of which nothing is stored any more
    LOST_IN_USE = "lost_in_use"  # one that a server has
    GROWN = "grown"  # the storage has it larger
    SHRUNK = "shrunk"  # the storage has it smaller
    STUCK_VOLUME = "stuck_volume"  # something is done to it, by nobody
    STUCK_SNAPSHOT = "stuck_snapshot"


# What is put right; people have to judge the others.
HEALED: Final = frozenset({Kind.LOST, Kind.GROWN, Kind.STUCK_VOLUME, Kind.STUCK_SNAPSHOT})
AT_REST: Final = frozenset({Status.AVAILABLE, Status.IN_USE})
# What only a saga does, and only a saga ends.
BY_SAGAS: Final = frozenset(
    {
        Status.CREATING,
        Status.DOWNLOADING,
        Status.EXTENDING,
        Status.UPLOADING,
        Status.REVERTING,
        Status.DELETING,
    }
)
SNAPSHOTS_BY_SAGAS: Final = frozenset({SnapshotStatus.CREATING, SnapshotStatus.DELETING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One difference: whose, and what it is."""

    kind: Kind
    what: str
    thing: Volume | Snapshot


def compared(volume: Volume, stored: StoredVolume | None) -> Iterator[Found]:
    """Return what a volume at rest and its storage disagree on.

    Args:
        volume: as it is now.
        stored: what its storage agent has; None: no such volume.
    """
    if volume.status not in AT_REST or not volume.has_content:
        return
    if stored is None:
        kind = Kind.LOST if volume.status is Status.AVAILABLE else Kind.LOST_IN_USE
        yield Found(kind=kind, what="", thing=volume)
        return
    if stored.status != "ready" or (size := gigabytes(stored)) == volume.size:
        return
    kind = Kind.GROWN if stored.size > volume.size * GIB else Kind.SHRUNK
    yield Found(kind=kind, what=f"{size} GiB", thing=volume)


def gigabytes(stored: StoredVolume) -> int:
    """Return a stored volume's size in GiB; what was begun counts."""
    return -(-stored.size // GIB)


def stuck(thing: Volume | Snapshot) -> Found:
    """Return that nobody is at work on what is being done to a volume or snapshot."""
    kind = Kind.STUCK_VOLUME if isinstance(thing, Volume) else Kind.STUCK_SNAPSHOT
    return Found(kind=kind, what=thing.status.value, thing=thing)
