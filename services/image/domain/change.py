"""What operations on an image's members do to it; Glance's rules, which differ from RFC 6902."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from services.image.domain.attributes import BASE, WRITABLE, check_writable
from services.image.domain.image import Image, Status
from services.image.domain.patch import Change, Op
from shared.errors import Conflict, NotAllowed

ONLY_WHILE_QUEUED: Final = ("container_format", "disk_format")

# Turns JSON members into the types an Image has, or refuses them (``api.schemas``).
Checked = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class PropertyMissing(Conflict):
    """The image has no such property."""

    code = "image.property_missing"


class PropertyExists(Conflict):
    """The image has this property already."""

    code = "image.property_exists"


class AttributeNotRemovable(NotAllowed):
    """Every image has this."""

    code = "image.attribute_not_removable"


class FormatFixed(NotAllowed):
    """The bytes are there, so their format stays."""

    code = "image.format_fixed"


def changed(image: Image, changes: Sequence[Change], checked: Checked) -> Image:
    """Return the image after the operations, in their order.

    Args:
        image: as it is.
        changes: all of them happen, or none.
        checked: turns one member's JSON into its value, or refuses it.

    Raises:
        AttributeNotWritable: a member is not the caller's.
        AttributeNotRemovable: a member cannot be missing.
        PropertyMissing: what is replaced or removed is not there.
        PropertyExists: what is added is there.
        FormatFixed: the format of bytes that are there.
    """
    for change in changes:
        if change.name in BASE:
            image = _base(image, change, checked)
        else:
            image = replace(image, properties=_properties(image.properties, change, checked))
    return image


def _base(image: Image, change: Change, checked: Checked) -> Image:
    if change.op is Op.REMOVE:
        raise AttributeNotRemovable(f"Property {change.name} may not be removed.")
    check_writable(change.name)
    if change.name not in WRITABLE:
        raise NotAllowed(f"Attribute '{change.name}' is read-only.")
    if change.is_new:
        raise PropertyExists(f"Property {change.name} already present.")
    if change.name in ONLY_WHILE_QUEUED and image.status is not Status.QUEUED:
        raise FormatFixed(f"Attribute {change.name} can be only replaced for a queued image.")
    value = checked({change.name: change.value})[change.name]
    return replace(image, **{change.name: value})


def _properties(has: Mapping[str, str], change: Change, checked: Checked) -> dict[str, str]:
    name = change.name
    check_writable(name)
    if change.is_new and name in has:
        raise PropertyExists(f"Property {name} already present.")
    if change.op is not Op.ADD and name not in has:
        raise PropertyMissing(f"Property {name} does not exist.")
    if change.op is Op.REMOVE:
        return {key: value for key, value in has.items() if key != name}
    return {**has, name: checked({name: change.value})[name]}
