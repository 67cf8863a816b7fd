"""Limits of a project (Block Storage API, quota sets). -1 is no limit."""

from collections.abc import Mapping
from dataclasses import dataclass
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


class TooManyVolumes(OverQuota):
    """The project may have no more volumes."""

    code = "volume.quota.volumes"


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
class Usage:
    """What a project has: volumes and GiB, in all and by type's name."""

    volumes: int = 0
    gigabytes: int = 0
    by_type: Mapping[str, tuple[int, int]] | None = None

    def of(self, resource: str) -> int:
        """Return how much of a resource is in use; ``gigabytes_standard`` counts one type."""
        if resource in ("volumes", "gigabytes"):
            return self.volumes if resource == "volumes" else self.gigabytes
        kind, _, name = resource.partition("_")
        volumes, gigabytes = (self.by_type or {}).get(name, (0, 0))
        return {"volumes": volumes, "gigabytes": gigabytes}.get(kind, 0)


def check(
    limits: Mapping[str, int], usage: Usage, volume_type: str, *, volumes: int, gigabytes: int
) -> None:
    """Let through what fits.

    Args:
        limits: by resource.
        usage: before.
        volume_type: name of the type that grows.
        volumes: how many more.
        gigabytes: how much more.

    Raises:
        OverQuota: a limit would be passed; the sentence is Cinder's.
    """
    for name in ("gigabytes", f"gigabytes_{volume_type}"):
        limit, used = limits.get(name, -1), usage.of(name)
        if gigabytes > 0 and 0 <= limit < used + gigabytes:
            raise TooManyGigabytes(
                "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed "
                f"{name} quota. Requested {gigabytes}G, quota is {limit}G and {used}G has been "
                "consumed."
            )
    for name in ("volumes", f"volumes_{volume_type}"):
        limit, used = limits.get(name, -1), usage.of(name)
        if volumes > 0 and 0 <= limit < used + volumes:
            raise TooManyVolumes(
                f"VolumeLimitExceeded: Maximum number of volumes allowed ({limit}) exceeded for "
                f"quota '{name}'."
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
