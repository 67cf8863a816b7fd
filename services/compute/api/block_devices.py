"""Reads the disks of ``POST /servers``: Nova's block device mapping, in both its versions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from services.compute.api.schemas.block_devices import BlockDevice, LegacyDevice
from services.compute.domain.block_request import Described, Disks, InvalidDevice, disks_of
from shared.errors import BadInput

SINCE: Final[Mapping[str, int]] = {"tag": 32, "volume_type": 67}
FORGOTTEN: Final = range(33, 42)  # minors between which Nova forgot that there are tags


def has_tags(minor: int) -> bool:
    """Whether a microversion knows tags of disks and NICs of a server to be made."""
    return minor >= SINCE["tag"] and minor not in FORGOTTEN


def disks_in(
    image: str | None,
    devices: Sequence[BlockDevice],
    legacy: Sequence[LegacyDevice],
    minor: int,
) -> Disks:
    """Return the disks a request asks for.

    Args:
        image: its ``imageRef``.
        devices: its ``block_device_mapping_v2``.
        legacy: its ``block_device_mapping``.
        minor: of its microversion.

    Raises:
        BadInput: they cannot be.
    """
    if devices and legacy:
        raise BadInput(
            "Using different block_device_mapping syntaxes is not allowed in the same request."
        )
    image_id = _image(image)
    if legacy:
        return disks_of(image_id, _of_legacy(image_id, legacy))
    return disks_of(image_id, [_described(each, minor) for each in devices if not each.no_device])


def _image(image: str | None) -> str | None:
    if not image:
        return None
    try:
        return str(UUID(image))
    except ValueError as wrong:
        raise BadInput(
            f"Invalid input for field/attribute imageRef. Value: {image[:64]}. "
            f"'{image[:64]}' is not a 'uuid'"
        ) from wrong


def _described(given: BlockDevice, minor: int) -> Described:
    for name, since in SINCE.items():
        if minor < since and name in given.model_fields_set:
            raise BadInput(f"Additional properties are not allowed ('{name}' was unexpected)")
    if given.tag is not None and not has_tags(minor):
        raise BadInput("Additional properties are not allowed ('tag' was unexpected)")
    if given.source_type is None:
        raise InvalidDevice("Invalid source_type field.")
    return Described(
        source=given.source_type,
        destination=given.destination_type,
        ident=given.uuid,
        boot_index=given.boot_index,
        size=given.volume_size,
        volume_type=given.volume_type,
        device=given.device_name,
        tag=given.tag,
        delete_on_termination=given.delete_on_termination,
        guest_format=given.guest_format,
    )


def _of_legacy(image_id: str | None, legacy: Sequence[LegacyDevice]) -> list[Described]:
    """Return what the first version says: without an image the first device is booted from."""
    found = [_of_old(each) for each in legacy if not each.no_device]
    if image_id is not None:
        return [Described(source="image", ident=image_id, boot_index=0), *found]
    if found:
        first: dict[str, Any] = {
            name: getattr(found[0], name) for name in Described.__dataclass_fields__
        }
        found[0] = Described(**(first | {"boot_index": 0}))
    return found


def _of_old(given: LegacyDevice) -> Described:
    if given.volume_id is None and given.snapshot_id is None:
        raise InvalidDevice("Unrecognized legacy format.")
    return Described(
        source="volume" if given.volume_id else "snapshot",
        destination="volume",
        ident=given.volume_id or given.snapshot_id,
        boot_index=-1,
        size=given.volume_size,
        device=given.device_name,
        delete_on_termination=given.delete_on_termination,
    )
