"""A volume type: what kind of storage a volume is, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from shared.errors import BadInput, Conflict, NotFound

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

    def is_usable_by(self, project_id: str, *, is_admin: bool) -> bool:
        """Whether volumes of a project may be of this type."""
        return self.is_public or is_admin or project_id in self.projects

    @property
    def multiattach(self) -> bool:
        """Whether several servers may use a volume of this type at once."""
        return self.extra_specs.get("multiattach", "").lower() == "<is> true"

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


# What every installation begins with: driver X (our ExtStorage provider), driver N (plain Ganeti).
FIRST: Final[Mapping[str, str]] = {
    "standard": "Volumes on shared storage, with snapshots and clones.",
    "native": "Volumes on the cluster's own storage.",
}
