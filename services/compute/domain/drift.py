"""What an instance has that its server does not: an administrator's doing, told and left alone."""

from services.compute.domain.local_disks import local_disk_name
from services.compute.domain.server import Server
from shared.contracts.ganeti import InstanceObserved
from shared.ids import derived

OURS = ("root", "seed")  # disks named after the server itself


def strange_disks(server: Server, seen: InstanceObserved) -> list[str]:
    """Return the disks of an instance that neither its server nor its volumes account for.

    They are no volumes: nobody could detach them, and they go with the instance. A server that
    something is being done to is not judged, nor one whose volumes are on their way.
    """
    if server.action is not None or not seen.present or server.cluster != seen.cluster:
        return []
    known = {str(derived(server.id, part)) for part in OURS}
    known |= {local_disk_name(server.id, at) for at in range(len(server.local_disks))}
    known |= {device.volume_id for device in server.volumes if device.volume_id is not None}
    return [
        disk.name or disk.uuid or f"disk/{index}"
        for index, disk in enumerate(seen.disks)
        if disk.name not in known
    ]
