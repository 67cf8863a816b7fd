"""What networks, subnets, ports, security groups and rules have in common."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from shared.clock import seconds_z
from shared.contracts.resources import DELETED, ResourceChanged

Json = dict[str, Any]


def text_of(reference: UUID | None) -> str | None:
    """Return a reference as documents have it."""
    return None if reference is None else str(reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A thing of the Networking API, with Neutron's standard attributes."""

    FACT: ClassVar[type[ResourceChanged] | None] = None  # how its changes are told; None: not

    id: UUID
    project_id: str
    description: str = ""
    revision: int = 0
    created_at: datetime
    updated_at: datetime

    def document(self) -> Json:
        """Return the resource as its owner sees it."""
        raise TypeError(f"{type(self).__name__} does not say what it looks like")

    def restricted(self) -> Json:
        """Return what only administrators and our own services see besides."""
        return {}

    def changed(self, verb: str) -> ResourceChanged | None:
        """Describe the resource to the rest of the cloud; a deletion is one more change."""
        if self.FACT is None:
            return None
        return self.FACT(
            verb=verb,
            id=str(self.id),
            project_id=self.project_id,
            version=self.revision + (verb == DELETED),
            document=self.document(),
        )

    def standard(self) -> Json:
        """Return the part of the document that every resource has."""
        return {
            "id": str(self.id),
            "tenant_id": self.project_id,
            "project_id": self.project_id,
            "description": self.description,
            "created_at": seconds_z(self.created_at),
            "updated_at": seconds_z(self.updated_at),
            "revision_number": self.revision,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedResource(Resource):
    """A resource people name and tag."""

    name: str = ""
    tags: tuple[str, ...] = ()

    def named(self) -> Json:
        """Return the part of the document that every named resource has."""
        return self.standard() | {"name": self.name, "tags": list(self.tags)}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Whose eyes a request sees with."""

    project_id: str
    everything: bool  # an administrator, or one of our own services
