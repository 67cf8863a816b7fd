"""The files of a config drive, as OpenStack lays them out and cloud-init reads them."""

import base64
import json
from typing import Any, Final

from services.compute.domain.guest import Guest
from services.compute.domain.password import hashed, salt_of
from services.compute.domain.server import Server

Json = dict[str, Any]
LATEST: Final = "openstack/latest"
CLOUD_CONFIG: Final = "#cloud-config\n"


def config_drive(server: Server, guest: Guest, network: Json, entropy: bytes) -> dict[str, bytes]:
    """Return each file's content by its path below the drive's root.

    Args:
        server: whose guest it is.
        guest: what it is told.
        network: its ``network_data.json``.
        entropy: random bytes, for the guest's own random numbers and for the password's salt.
    """
    files = {
        f"{LATEST}/meta_data.json": _json(meta_data(server, guest, entropy)),
        f"{LATEST}/network_data.json": _json(network),
        f"{LATEST}/vendor_data.json": _json(vendor_data(guest, entropy)),
    }
    if guest.user_data is not None:
        files[f"{LATEST}/user_data"] = base64.b64decode(guest.user_data)
    for number, file in enumerate(guest.files):
        files[f"openstack{_content_path(number)}"] = base64.b64decode(file.content)
    return files


def _content_path(number: int) -> str:
    return f"/content/{number:04}"


def _json(document: Json) -> bytes:
    return json.dumps(document).encode()


def meta_data(server: Server, guest: Guest, entropy: bytes) -> Json:
    """Return ``meta_data.json``: who the guest is."""
    document: Json = {
        "uuid": str(server.id),
        "name": server.name,
        "hostname": server.hostname,
        "launch_index": server.launch_index,
        "availability_zone": server.availability_zone,
        "project_id": server.project_id,
        "random_seed": base64.b64encode(entropy).decode(),
        "devices": _devices(server),
        "dedicated_cpus": [],
    }
    if server.details:
        document["meta"] = dict(server.details)
    if guest.key is not None:
        key = guest.key
        document["public_keys"] = {key.name: key.public_key}
        document["keys"] = [{"name": key.name, "type": key.type, "data": key.public_key}]
    if guest.files:
        document["files"] = [
            {"path": file.path, "content_path": _content_path(number)}
            for number, file in enumerate(guest.files)
        ]
    return document


def _devices(server: Server) -> list[Json]:
    """Return the devices that were given a tag."""
    nics = [
        {"type": "nic", "bus": "none", "address": "none", "mac": nic.mac, "tags": [nic.tag]}
        for nic in server.nics
        if nic.tag
    ]
    disks = [
        {
            "type": "disk",
            "bus": "none",
            "address": "none",
            "serial": volume.volume_id,
            "tags": [volume.tag],
        }
        for volume in server.volumes
        if volume.tag
    ]
    return nics + disks


def vendor_data(guest: Guest, entropy: bytes) -> Json:
    """Return ``vendor_data.json``: a cloud-config with the default user's password, hashed."""
    if guest.admin_password is None:
        return {}
    config = {
        "password": hashed(guest.admin_password, salt_of(entropy)),
        "chpasswd": {"expire": False},
    }
    return {"cloud-init": CLOUD_CONFIG + json.dumps(config)}
