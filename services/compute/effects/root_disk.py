"""The disks an instance is made with: its root first, local or a volume, then other volumes."""

import math
from typing import Final

from services.compute.domain.local_disks import local_disk_name
from services.compute.domain.server import Server
from services.compute.effects import installing
from services.compute.effects.cloud import explained
from services.compute.effects.disks import comes_later, spec_of
from services.compute.effects.volumes import FAILED, connections_in
from shared.contracts.gateway import Cluster
from shared.contracts.image import ImageTicket
from shared.contracts.operations import DiskSpec
from shared.ids import derived
from shared.saga.definition import GiveUp, Notes

MIB: Final = 1024 * 1024
TEMPLATE: Final = "ganeti:disk_template"


def template_of(server: Server, cluster: Cluster, notes: Notes) -> str | None:
    """Return the disk template of the instance; None: the cluster's own.

    Raises:
        GiveUp: a volume is of another one: Ganeti keeps all disks of an instance alike.
    """
    asked = server.flavor.extra_specs.get(TEMPLATE)
    volumes = [connection for _, connection in connections_in(notes, server)]
    templates = {connection.disk_template for connection in volumes}
    if server.image_id is not None:
        templates.add(asked or cluster.disk_template)
    if len(templates) > 1:
        names = ", ".join(sorted(templates))
        raise GiveUp(explained(FAILED, f"Disks of one server cannot be of {names} together."))
    return templates.pop() if volumes else asked


def disks_of(server: Server, ticket: ImageTicket | None, notes: Notes) -> list[DiskSpec]:
    """Return the disks, in order: the root one, local ones, then further volumes."""
    known = [connection for _, connection in connections_in(notes, server)]
    volumes = [spec_of(connection) for connection in known if not comes_later(connection)]
    local = [
        DiskSpec(name=local_disk_name(server.id, place), size=disk.size)
        for place, disk in enumerate(server.local_disks)
    ]
    if ticket is None:
        return [*volumes[:1], *local, *volumes[1:]]
    size = server.flavor.disk * 1024 or math.ceil((ticket.virtual_size or ticket.size) / MIB)
    return [DiskSpec(name=str(derived(server.id, "root")), size=size), *local, *volumes]


def told_of(server: Server, ticket: ImageTicket | None) -> dict[str, str]:
    """Return what the OS scripts are told; without an image they leave the first disk alone."""
    if ticket is None:
        return {"server_id": str(server.id)}
    return installing.image_parameters(server, ticket)
