"""A flavor: how large a server is, by a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """A size that servers may have."""

    id: str
    name: str
    vcpus: int
    ram: int  # MiB
    disk: int  # GiB
    ephemeral: int = 0  # GiB
    swap: int = 0  # MiB
    rxtx_factor: float = 1.0
    is_public: bool = True
    description: str | None = None
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    version: int = 0


class FlavorTaken(Conflict):
    """There is a flavor with this id or name."""

    code = "compute.flavor.taken"


class FlavorIsPublic(Conflict):
    """Everybody has the flavor, so nobody can be given it."""

    code = "compute.flavor.is_public"


class AccessGiven(Conflict):
    """The project has the flavor already."""

    code = "compute.flavor.access_given"


def flavor_not_found(flavor_id: str) -> NotFound:
    """Return the one answer for a flavor that is absent or not for this project."""
    return NotFound(f"Flavor {flavor_id} could not be found.")


def document(flavor: Flavor) -> dict[str, Any]:
    """Return the flavor as the newest microversion shows it, without links."""
    return {
        "id": flavor.id,
        "name": flavor.name,
        "description": flavor.description,
        "ram": flavor.ram,
        "vcpus": flavor.vcpus,
        "disk": flavor.disk,
        "swap": flavor.swap,
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
        "OS-FLV-DISABLED:disabled": False,
        "os-flavor-access:is_public": flavor.is_public,
        "rxtx_factor": flavor.rxtx_factor,
        "extra_specs": dict(flavor.extra_specs),
    }
