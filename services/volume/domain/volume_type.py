"""A volume type: what kind of storage a volume is, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from shared.errors import BadInput, Conflict, NotFound

DRIVER: Final = "ganeti:driver"
TEMPLATE: Final = "ganeti:disk_template"
CLUSTERS: Final = "ganeti:clusters"  # comma separated; absent: every cluster
SNAPSHOTS: Final = "snapshot_support"  # "<is> False": not even where the storage has them
CLONES: Final = "clone_support"
PARAMETER: Final = "ganeti:ext:"  # and the name of a parameter of the ExtStorage provider


class Driver(StrEnum):
    """How a volume is stored."""

    EXT = "ext"  # by our ExtStorage provider and storage agent: snapshots, clones, images
    NATIVE = "native"  # as a disk of Ganeti's own


# Extra specs that every user may see; the others are administrators' business.
VISIBLE: Final = frozenset({"RESKEY:availability_zones", "multiattach", "replication_enabled"})


class TypeNotFound(NotFound):
    """There is no such type, or not for this project."""

    code = "volume.type.not_found"


class TypeExists(Conflict):
    """The name is taken."""

    code = "volume.type.exists"


class TypeInUse(Conflict):
    """Volumes are of this type."""

    code = "volume.type.in_use"


class PublicType(BadInput):
    """A public type is everybody's: there is no access to give or take."""

    code = "volume.type.public"


class DefaultType(BadInput):
    """The type that volumes get when they name none must stay."""

    code = "volume.type.default"


def not_found(type_id: object) -> TypeNotFound:
    """Return the refusal that says no more than that."""
    return TypeNotFound(f"Volume type {type_id} could not be found.")


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeType:
    """A kind of storage."""

    id: UUID
    name: str
    description: str | None = None
    is_public: bool = True
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    projects: frozenset[str] = frozenset()  # who may use it when it is not public
    qos_specs_id: UUID | None = None

    def is_usable_by(self, project_id: str, *, is_admin: bool) -> bool:
        """Whether volumes of a project may be of this type."""
        return self.is_public or is_admin or project_id in self.projects

    @property
    def multiattach(self) -> bool:
        """Whether several servers may use a volume of this type at once."""
        return self.extra_specs.get("multiattach", "").lower() == "<is> true"

    def lets(self, capability: str) -> bool:
        """Whether volumes of this type may have snapshots, or copies, where the storage can."""
        return self.extra_specs.get(capability, "").lower() != "<is> false"

    @property
    def driver(self) -> Driver | None:
        """The one driver of its volumes; None: what the cluster has, ``ext`` first."""
        wanted = self.extra_specs.get(DRIVER, "")
        return Driver(wanted) if wanted in set(Driver) else None

    @property
    def clusters(self) -> frozenset[str]:
        """The clusters its volumes may be on; empty: all."""
        names = self.extra_specs.get(CLUSTERS, "").split(",")
        return frozenset(name.strip() for name in names if name.strip())

    @property
    def provider_parameters(self) -> dict[str, str]:
        """What the ExtStorage provider is told besides."""
        return {
            key.removeprefix(PARAMETER): value
            for key, value in self.extra_specs.items()
            if key.startswith(PARAMETER)
        }

    def shared_access(self) -> frozenset[str]:
        """Return the projects that may use the type.

        Raises:
            PublicType: everybody may.
        """
        if self.is_public:
            raise PublicType(
                "Invalid volume type: Type access modification is not applicable to public volume "
                "type."
            )
        return self.projects


# What every installation begins with: driver X (our ExtStorage provider) where a cluster has it,
# and driver N (plain Ganeti).
FIRST: Final[Mapping[str, Mapping[str, Any]]] = {
    "standard": {
        "description": "Volumes on shared storage, with snapshots and clones where the cluster "
        "has our provider.",
    },
    "native": {
        "description": "Volumes on the cluster's own storage.",
        "extra_specs": {
            DRIVER: Driver.NATIVE.value,
            SNAPSHOTS: "<is> False",
            CLONES: "<is> False",
        },
    },
}
