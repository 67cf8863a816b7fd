"""Checks the volumes a create asks for with their owner: there, free, and in one cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.compute.domain.block_request import BLANK, SNAPSHOT, VOLUME, InvalidDevice
from services.compute.domain.devices import BlockDevice
from services.compute.domain.server import FlavorSnapshot
from services.compute.usecases.neighbours import Volumes
from shared.errors import BadInput, NotAllowed, NotFound

Json = Mapping[str, Any]


async def located(
    devices: Sequence[BlockDevice],
    volumes: Volumes,
    token: str,
    flavor: FlavorSnapshot,
    *,
    may_be_shared: bool,
) -> tuple[BlockDevice, ...]:
    """Return the devices, each with the cluster its content is in.

    Args:
        devices: asked for.
        volumes: who knows.
        token: of who asks; the owner decides what they may see.
        flavor: of the server.
        may_be_shared: whether the microversion knows volumes of several servers.

    Raises:
        BadInput: one cannot be had, or not all of them in one cluster.
    """
    found = tuple([await _located(each, volumes, token, flavor, may_be_shared) for each in devices])
    clusters = sorted({each.cluster for each in found if each.cluster is not None})
    if len(clusters) > 1:
        raise BadInput(
            "The volumes of a server have to be in one availability zone; these are not."
        )
    return found


async def _located(
    device: BlockDevice,
    volumes: Volumes,
    token: str,
    flavor: FlavorSnapshot,
    may_be_shared: bool,
) -> BlockDevice:
    if device.source == VOLUME:
        volume = await _volume(volumes, str(device.volume_id), token)
        _require_usable(device, volume, flavor, may_be_shared=may_be_shared)
        return replace(device, cluster=_cluster(volume), size=volume.get("size"))
    if device.source == SNAPSHOT:
        return await _of_snapshot(device, volumes, token)
    if device.source == BLANK and device.is_root:
        raise InvalidDevice(f"Block Device {device.id} is not bootable.")
    return device


async def _volume(volumes: Volumes, volume_id: str, token: str) -> Json:
    """Return a volume this user sees, as administrators see it."""
    try:
        await volumes.volume(volume_id, token)
        return await volumes.volume(volume_id)
    except (NotFound, NotAllowed, BadInput) as absent:
        raise InvalidDevice(f"failed to get volume {volume_id}.") from absent


def _cluster(volume: Json) -> str | None:
    """Return the cluster in the name of a volume's host, ``cluster@template#pool``."""
    host = volume.get("os-vol-host-attr:host")
    return str(host).partition("@")[0] if host else None


def _require_usable(
    device: BlockDevice, volume: Json, flavor: FlavorSnapshot, *, may_be_shared: bool
) -> None:
    ident = device.volume_id
    if volume.get("multiattach"):
        if not may_be_shared:
            raise BadInput(
                "Multiattach volumes are only supported starting with compute API version 2.60"
            )
    elif volume.get("status") != "available":
        raise BadInput(
            f"Invalid volume: volume '{ident}' status must be 'available'. "
            f"Currently in '{volume.get('status')}'"
        )
    if not device.is_root:
        return
    if str(volume.get("bootable")).lower() != "true":
        raise InvalidDevice(f"Block Device {ident} is not bootable.")
    image: Json = volume.get("volume_image_metadata") or {}
    if _number(image.get("min_ram")) > flavor.ram:
        raise BadInput("Flavor's memory is too small for requested image.")
    if _number(image.get("min_disk")) > int(volume.get("size") or 0):
        raise BadInput("Volume is smaller than the minimum size specified in image metadata.")


def _number(text: Any) -> int:
    return int(text) if str(text or "").isdecimal() else 0


async def _of_snapshot(device: BlockDevice, volumes: Volumes, token: str) -> BlockDevice:
    ident = str(device.source_id)
    try:
        snapshot = await volumes.snapshot(ident, token)
        volume = await volumes.volume(str(snapshot["volume_id"]))
    except (NotFound, NotAllowed, BadInput) as absent:
        raise InvalidDevice(f"failed to get snapshot {ident}.") from absent
    if device.size is not None and device.size < int(snapshot["size"]):
        raise BadInput("A volume cannot be smaller than the snapshot it is made from.")
    return replace(device, cluster=_cluster(volume), size=device.size or int(snapshot["size"]))
