"""Metadata definitions: what properties of images and other things mean, for whoever picks some.

A namespace holds items of four kinds. An item is known by its name within its kind; what else it
says is JSON that only people read, so it is kept as it was checked when it came.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from shared.clock import seconds_z
from shared.errors import Conflict, NotAllowed, NotFound

BASE: Final = "/v2/metadefs/namespaces"
SCHEMAS: Final = "/v2/schemas/metadefs"
# What properties may be of in every OpenStack; other types become known by being associated.
RESOURCE_TYPES: Final = (
    "OS::Cinder::Volume",
    "OS::Glance::Image",
    "OS::Nova::Aggregate",
    "OS::Nova::Flavor",
    "OS::Nova::Server",
)


class ItemKind(StrEnum):
    """What an item defines."""

    OBJECT = "object"
    PROPERTY = "property"
    TAG = "tag"
    RESOURCE_TYPE = "resource_type"


class NamespaceNotFound(NotFound):
    """There is no such namespace, or none for the caller."""

    code = "image.namespace_not_found"

    def __init__(self, name: str) -> None:
        super().__init__(f"Metadata definition namespace={name} was not found.")


class NamespaceExists(Conflict):
    """The name is taken."""

    code = "image.namespace_exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"The metadata definition namespace={name} already exists.")


class NamespaceProtected(NotAllowed):
    """Nothing of the namespace may be deleted."""

    code = "image.namespace_protected"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Metadata definition namespace {name} is protected and cannot be deleted."
        )


class ItemNotFound(NotFound):
    """The namespace defines no such thing."""

    code = "image.definition_not_found"

    def __init__(self, kind: ItemKind, name: str, namespace: str) -> None:
        super().__init__(
            f"The metadata definition {kind} with name={name} was not found in "
            f"namespace={namespace}."
        )


class ItemExists(Conflict):
    """The namespace defines that already."""

    code = "image.definition_exists"

    def __init__(self, kind: ItemKind, name: str, namespace: str) -> None:
        super().__init__(
            f"A metadata definition {kind} with name={name} already exists in "
            f"namespace={namespace}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One definition."""

    kind: ItemKind
    name: str
    body: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime

    def as_json(self, namespace: str) -> dict[str, Any]:
        """Return the item as Glance shows it by itself."""
        shown: dict[str, Any] = {"name": self.name, **self.body}
        if self.kind is not ItemKind.PROPERTY:
            shown["created_at"] = seconds_z(self.created_at)
            shown["updated_at"] = seconds_z(self.updated_at)
        if self.kind is ItemKind.OBJECT:
            shown["self"] = f"{BASE}/{namespace}/objects/{self.name}"
            shown["schema"] = f"{SCHEMAS}/object"
        return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A set of definitions that somebody owns."""

    namespace: str
    owner: str
    visibility: str = "private"
    protected: bool = False
    display_name: str | None = None
    description: str | None = None
    created_at: datetime
    updated_at: datetime
    items: Sequence[Item] = ()

    def of(self, kind: ItemKind) -> list[Item]:
        """Return the items of a kind."""
        return [item for item in self.items if item.kind is kind]

    def as_json(self, *, in_list: bool = False, prefix_for: str = "") -> dict[str, Any]:
        """Return the namespace as Glance shows it.

        Args:
            in_list: lists show of the items only what they are for.
            prefix_for: a resource type, whose prefix names of properties get.
        """
        shown = self._base()
        associations = self.of(ItemKind.RESOURCE_TYPE)
        if associations:
            shown["resource_type_associations"] = [
                item.as_json(self.namespace) for item in associations
            ]
        return shown if in_list else shown | self._definitions(self._prefix(prefix_for))

    def _base(self) -> dict[str, Any]:
        texts = {"display_name": self.display_name, "description": self.description}
        return {
            "namespace": self.namespace,
            **{name: text for name, text in texts.items() if text is not None},
            "visibility": self.visibility,
            "protected": self.protected,
            "owner": self.owner,
            "created_at": seconds_z(self.created_at),
            "updated_at": seconds_z(self.updated_at),
            "self": f"{BASE}/{self.namespace}",
            "schema": f"{SCHEMAS}/namespace",
        }

    def _definitions(self, prefix: str) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "objects": [
                _prefixed(item.as_json(self.namespace), prefix) for item in self.of(ItemKind.OBJECT)
            ],
            "properties": {
                prefix + item.name: dict(item.body) for item in self.of(ItemKind.PROPERTY)
            },
            "tags": [{"name": item.name} for item in self.of(ItemKind.TAG)],
        }
        return {name: value for name, value in shown.items() if value}

    def _prefix(self, resource_type: str) -> str:
        for item in self.of(ItemKind.RESOURCE_TYPE):
            if item.name == resource_type:
                return str(item.body.get("prefix", ""))
        return ""


def _prefixed(shown: dict[str, Any], prefix: str) -> dict[str, Any]:
    changed = dict(shown)
    if "properties" in shown:
        properties = shown["properties"].items()
        changed["properties"] = {prefix + name: each for name, each in properties}
    if "required" in shown:
        changed["required"] = [prefix + name for name in shown["required"]]
    return changed
