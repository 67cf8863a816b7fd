"""Instances as Ganeti's query2 answers them, read into observations."""

from collections.abc import Sequence
from typing import Any, Final

from shared.contracts.ganeti import DiskObserved, InstanceObserved, NicObserved

FIELDS: Final = (
    "name", "uuid", "status", "admin_state", "oper_state", "pnode", "snodes", "be/vcpus",
    "be/maxmem", "nic.names", "nic.uuids", "nic.macs", "nic.ips", "nic.networks.names",
    "disk.names", "disk.uuids", "disk.sizes", "network_port", "tags", "hv/boot_order",
    "hv/cdrom_image_path",
)  # fmt: skip
IMAGE: Final = "image"  # booted from, by the address that the image service signed
SIGNED: Final = ("/internal/v1/data/", "sig=")
NORMAL: Final = 0  # what Ganeti says of a field that it could tell


def _at(values: Any, index: int) -> Any:
    return values[index] if isinstance(values, list) and index < len(values) else None


def _count(*columns: Any) -> int:
    return max((len(each) for each in columns if isinstance(each, list)), default=0)


def _boots(order: Any, path: Any) -> str | None:
    """Return what is booted from; the address of an image is a secret and goes no further."""
    if order == "cdrom" and all(part in str(path) for part in SIGNED):
        return IMAGE
    return str(order) if order else None


def observed(cluster: str, cells: Sequence[tuple[int, Any]]) -> InstanceObserved:
    """Read one row of an answer to ``FIELDS``; the sequence is given when it is kept.

    Args:
        cluster: where the instance is.
        cells: ``[status, value]`` per field.
    """
    found = {
        name: value if state == NORMAL else None
        for name, (state, value) in zip(FIELDS, cells, strict=True)
    }
    names, uuids, macs = found["nic.names"], found["nic.uuids"], found["nic.macs"]
    ips, networks = found["nic.ips"], found["nic.networks.names"]
    disks, sizes = found["disk.uuids"], found["disk.sizes"]
    return InstanceObserved(
        cluster=cluster,
        name=str(found["name"]),
        sequence=0,
        uuid=found["uuid"],
        status=found["status"],
        admin_state=found["admin_state"],
        oper_state=found["oper_state"],
        node=found["pnode"],
        secondaries=[each for each in found["snodes"] or () if each],
        vcpus=found["be/vcpus"],
        memory=found["be/maxmem"],
        nics=[
            NicObserved(
                name=_at(names, index),
                uuid=_at(uuids, index),
                mac=_at(macs, index),
                ip=_at(ips, index),
                network=_at(networks, index),
            )
            for index in range(_count(names, uuids, macs))
        ],
        disks=[
            DiskObserved(
                name=_at(found["disk.names"], index),
                uuid=_at(disks, index),
                size=_at(sizes, index),
            )
            for index in range(_count(disks, sizes))
        ],
        network_port=found["network_port"],
        tags=found["tags"],
        boots=_boots(found["hv/boot_order"], found["hv/cdrom_image_path"]),
    )


def absent(cluster: str, name: str) -> InstanceObserved:
    """Return the observation that there is no such instance."""
    return InstanceObserved(cluster=cluster, name=name, sequence=0, present=False)
