"""The disks of an image of volumes, as Nova writes them into it and reads them from it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from services.compute.domain.block_request import (
    BLANK,
    DESTINATIONS,
    LOCAL,
    SNAPSHOT,
    VOLUME,
    Described,
    Disks,
    InvalidDevice,
    disks_of,
)
from services.compute.domain.devices import ROOT, BlockDevice
from shared.errors import BadInput

PROPERTY: Final = "block_device_mapping"
VERSION: Final = "bdm_v2"
ROOT_DEVICE: Final = "/dev/vda"
MOST: Final = 2**31 - 1


def require_bytes(image: Mapping[str, Any]) -> None:
    """Refuse an image that is nothing but the names of snapshots where a disk is to be written.

    Raises:
        BadInput: it is.
    """
    if image.get(PROPERTY) and not image.get("size"):
        raise BadInput(
            f"Image {image['id']} has no content of its own: it names snapshots of volumes, of "
            "which servers can be made."
        )


def properties_of(devices: Sequence[BlockDevice], snapshots: Mapping[str, str]) -> dict[str, str]:
    """Return the properties of an image that is made of a server's volumes.

    Args:
        devices: the server's.
        snapshots: of their volumes, by the device's id.
    """
    mapping = [_item(each, snapshots[each.id]) for each in devices if each.id in snapshots]
    return {
        PROPERTY: orjson.dumps(mapping).decode(),
        VERSION: "True",
        "root_device_name": ROOT_DEVICE,
    }


def _item(device: BlockDevice, snapshot_id: str) -> dict[str, Any]:
    return {
        "source_type": SNAPSHOT,
        "destination_type": VOLUME,
        "snapshot_id": snapshot_id,
        "volume_id": None,
        "image_id": None,
        "volume_size": device.size,
        "volume_type": None,
        "boot_index": device.boot_index,
        "device_name": device.device,
        "device_type": "disk",
        "disk_bus": "virtio",
        "guest_format": None,
        "no_device": None,
        "tag": device.tag,
        "delete_on_termination": device.delete_on_termination,
    }


def disks_in(image: Mapping[str, Any], also: Sequence[BlockDevice]) -> Disks | None:
    """Return the disks of a server made from an image of volumes; None: the image is a disk.

    Args:
        image: as its owner shows it.
        also: further volumes that were asked for with it.

    Raises:
        InvalidDevice: its disks are described in a way that cannot be.
    """
    if not image.get(PROPERTY):
        return None
    described = [_described(each) for each in _items(str(image[PROPERTY]))]
    if not any(each.boot_index == ROOT for each in described):
        return None
    found = disks_of(None, described)
    return Disks(image_id=None, volumes=(*found.volumes, *also), local=found.local)


def _items(text: str) -> list[Mapping[str, Any]]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise InvalidDevice("the image's block_device_mapping is no JSON.") from wrong
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise InvalidDevice("the image's block_device_mapping is no list of devices.")
    return [each for each in found if not each.get("no_device")]


def _described(item: Mapping[str, Any]) -> Described:
    source = item.get("source_type", SNAPSHOT)
    if not isinstance(source, str) or source not in DESTINATIONS:
        raise InvalidDevice("Invalid source_type field.")
    return Described(
        source=source,
        destination=_destination(item.get("destination_type"), source),
        ident=None if source == BLANK else _ident(item.get(f"{source}_id")),
        boot_index=_number(item.get("boot_index")),
        size=_number(item.get("volume_size")),
        volume_type=_word(item.get("volume_type")),
        device=_word(item.get("device_name")),
        tag=_word(item.get("tag")),
        delete_on_termination=item.get("delete_on_termination") is True,
        guest_format=_word(item.get("guest_format")),
    )


def _destination(given: object, source: str) -> str:
    """Return where a disk is kept; what is not blank is a volume."""
    wanted = VOLUME if given is None else given
    if wanted != VOLUME and (source, wanted) != (BLANK, LOCAL):
        raise InvalidDevice("Invalid destination_type field.")
    return VOLUME if wanted == VOLUME else LOCAL


def _ident(given: object) -> str:
    try:
        return str(UUID(given if isinstance(given, str) else ""))
    except ValueError as wrong:
        raise InvalidDevice("Invalid device UUID.") from wrong


def _number(given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not -1 <= given <= MOST:
        raise InvalidDevice("Invalid boot_index or volume_size field.")
    return given


def _word(given: object) -> str | None:
    return given[:255] if isinstance(given, str) and given and "\0" not in given else None
