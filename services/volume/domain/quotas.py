"""Limits of a project (Block Storage API, quota sets). -1 is no limit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.errors import OverQuota

DEFAULTS: Final[Mapping[str, int]] = {
    "volumes": 10,
    "snapshots": 10,
    "gigabytes": 1000,
    "backups": 10,
    "backup_gigabytes": 1000,
    "groups": 10,
    "per_volume_gigabytes": -1,
}
PER_TYPE: Final = ("volumes", "snapshots", "gigabytes")
NOUNS: Final[Mapping[str, tuple[str, str]]] = {
    "volumes": ("VolumeLimitExceeded", "volumes"),
    "snapshots": ("SnapshotLimitExceeded", "snapshots"),
}


class TooManyVolumes(OverQuota):
    """The project may have no more volumes."""

    code = "volume.quota.volumes"


class TooManySnapshots(OverQuota):
    """The project may have no more snapshots."""

    code = "volume.quota.snapshots"


class TooManyGigabytes(OverQuota):
    """The project may have no more gigabytes."""

    code = "volume.quota.gigabytes"


class VolumeTooLarge(OverQuota):
    """One volume may not be that large."""

    code = "volume.quota.per_volume_gigabytes"


def of_type(name: str) -> tuple[str, ...]:
    """Return the resources that count one type of volume."""
    return tuple(f"{kind}_{name}" for kind in PER_TYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How much there is, or how much more is wanted. Snapshots count in gigabytes too."""

    volumes: int = 0
    snapshots: int = 0
    gigabytes: int = 0

    def and_(self, other: "Count") -> "Count":
        """Return both together."""
        return Count(
            volumes=self.volumes + other.volumes,
            snapshots=self.snapshots + other.snapshots,
            gigabytes=self.gigabytes + other.gigabytes,
        )

    def of(self, kind: str) -> int:
        """Return one of the three."""
        return int(getattr(self, kind)) if kind in PER_TYPE else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a project has, by type's name."""

    by_type: Mapping[str, Count] = field(default_factory=dict)
    groups: int = 0

    @property
    def total(self) -> Count:
        """All of it."""
        every = Count()
        for count in self.by_type.values():
            every = every.and_(count)
        return every

    def of(self, resource: str) -> int:
        """Return how much of a resource is in use; ``gigabytes_standard`` counts one type."""
        if resource == "groups":
            return self.groups
        if resource in PER_TYPE:
            return self.total.of(resource)
        kind, _, name = resource.partition("_")
        return self.by_type.get(name, Count()).of(kind)


def check(limits: Mapping[str, int], usage: Usage, volume_type: str, more: Count) -> None:
    """Let through what fits.

    Args:
        limits: by resource.
        usage: before.
        volume_type: name of the type that grows.
        more: what is wanted.

    Raises:
        OverQuota: a limit would be passed; the sentence is Cinder's.
    """
    for name in ("gigabytes", f"gigabytes_{volume_type}"):
        _check_gigabytes(limits.get(name, -1), usage.of(name), name, more.gigabytes)
    for kind, refusal in (("volumes", TooManyVolumes), ("snapshots", TooManySnapshots)):
        for name in (kind, f"{kind}_{volume_type}"):
            limit, wanted = limits.get(name, -1), more.of(kind)
            if wanted > 0 and 0 <= limit < usage.of(name) + wanted:
                fault, noun = NOUNS[kind]
                raise refusal(
                    f"{fault}: Maximum number of {noun} allowed ({limit}) exceeded for "
                    f"quota '{name}'."
                )


def _check_gigabytes(limit: int, used: int, name: str, wanted: int) -> None:
    if wanted > 0 and 0 <= limit < used + wanted:
        raise TooManyGigabytes(
            "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed "
            f"{name} quota. Requested {wanted}G, quota is {limit}G and {used}G has been "
            "consumed."
        )


def check_size(limits: Mapping[str, int], size: int) -> None:
    """Let through a size that one volume may have.

    Raises:
        VolumeTooLarge: it is more than the limit.
    """
    limit = limits.get("per_volume_gigabytes", -1)
    if 0 <= limit < size:
        raise VolumeTooLarge(
            f"VolumeSizeExceedsLimit: Requested volume size {size}G is larger than maximum "
            f"allowed limit {limit}G."
        )
