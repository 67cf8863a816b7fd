"""How clients describe the disks of a server to be made."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from services.compute.api.schemas.devices import DeviceName, strict_bool
from services.compute.api.schemas.fields import MAX_INT, Closed, Tag, Text, Uuid


def _whole(value: Any) -> int | None:
    """Return an integer from a JSON number or its digits; nothing from nothing."""
    if value is None or value == "":
        return None
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not text.isascii() or not text.removeprefix("-").isdecimal() or len(text) > 10:
        raise ValueError("Must be an integer.")
    return int(text)


def _no_bool(value: Any) -> bool:
    return False if value is None else strict_bool(value)


def _no_text(value: Any) -> Any:
    return None if value in ("", "None") else value


BootIndex = Annotated[
    int | None, BeforeValidator(_no_text), BeforeValidator(_whole), Field(ge=-MAX_INT, le=MAX_INT)
]
Gigabytes = Annotated[int | None, BeforeValidator(_whole), Field(ge=0, le=MAX_INT)]
YesOrNo = Annotated[bool, BeforeValidator(_no_bool)]
Word = Annotated[Text, Field(max_length=255)]


class BlockDevice(Closed):
    """A disk, as ``block_device_mapping_v2`` describes it."""

    source_type: Literal["image", "volume", "snapshot", "blank"] | None = None
    destination_type: Literal["local", "volume"] | None = None
    uuid: Annotated[Uuid | None, BeforeValidator(_no_text)] = None
    boot_index: BootIndex = None
    volume_size: Gigabytes = None
    delete_on_termination: YesOrNo = False
    device_name: DeviceName | None = None
    disk_bus: Word | None = None
    device_type: Word | None = None
    guest_format: Word | None = None
    no_device: Any = None
    volume_type: Annotated[Text, Field(min_length=1, max_length=255)] | None = None
    tag: Tag | None = None


class LegacyDevice(Closed):
    """A disk, as ``block_device_mapping`` describes it."""

    device_name: DeviceName | None = None
    virtual_name: Word | None = None
    volume_id: Uuid | None = None
    snapshot_id: Uuid | None = None
    image_id: Uuid | None = None
    volume_size: Gigabytes = None
    delete_on_termination: YesOrNo = False
    no_device: Any = None
    connection_info: Any = None
