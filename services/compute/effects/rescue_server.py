"""Boots a server from an image as a CD-ROM, and from its disk again.

Ganeti keeps the address of the image while the rescue lasts; what it had before is read from it
first, kept with the server, and put back at the end.
"""

from typing import Any, Final

from services.compute.domain.lifecycle import VmState
from services.compute.domain.server import Server
from services.compute.effects.chaining import SETTLE, Job, tell_failure
from services.compute.effects.cloud import Cloud, request_of, subject_of
from services.compute.effects.resize_server import DEFAULT
from services.compute.usecases import progress, rescuing
from services.compute.usecases.rescuing import RESCUE, UNRESCUE
from shared.contracts.gateway import Query
from shared.contracts.image import ImageTicket
from shared.contracts.operations import (
    InstanceConfigure,
    InstanceStart,
    InstanceStop,
    Operation,
)
from shared.errors import BadInput, Conflict, NotFound
from shared.saga.definition import GiveUp, Notes, Saga, Step

BOOT: Final = "boot_order"
CDROM: Final = "cdrom_image_path"


async def look(cloud: Cloud, notes: Notes) -> Notes:
    """Read how the instance boots now, and remember it with the server."""
    if notes.get("cluster") is None:
        raise GiveUp("The server has no instance.")
    name = cloud.instance(subject_of(notes))
    query = Query(fields=["name", "custom_hvparams"], filter=["=", "name", name])
    try:
        answer = await cloud.gateway.query(notes["cluster"], "instance", query)
    except NotFound as gone:
        raise GiveUp("The cluster of the server is gone.") from gone
    if not answer.rows:
        raise GiveUp("The server has no instance.")
    known: dict[str, Any] = answer.rows[0][1][1] or {}
    kept = notes.get("kept") or {name: known.get(name, DEFAULT) for name in (BOOT, CDROM)}
    kept["image"] = notes["image"]
    await rescuing.keep(cloud.transaction, subject_of(notes), kept)
    return {"kept": kept}


async def get_ticket(cloud: Cloud, notes: Notes) -> Notes:
    """Get a signed address of the image; it is secret, so the notes hold it sealed."""
    cluster = await progress.cluster_of(cloud.transaction, notes["cluster"])
    base = cluster.image_url_base if cluster else None
    try:
        ticket = await cloud.images.ticket(notes["image"], base, request_of(notes))
    except (NotFound, Conflict, BadInput) as refused:
        raise GiveUp(f"Image {notes['image']} could not be used.") from refused
    return {"ticket": cloud.secrets.seal(ticket.model_dump_json())}


async def get_ticket_again(cloud: Cloud, notes: Notes) -> Notes:
    """Get an address to go back to the image by, should it come to that; none if it is gone."""
    server = await progress.read(cloud.transaction, subject_of(notes))
    if server.kept.get("image") is None or notes.get("cluster") is None:
        return {"ticket": None}
    try:
        return await get_ticket(cloud, {**notes, "image": server.kept["image"]})
    except GiveUp:
        return {"ticket": None}


def _boot_from_image_again(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    return _boot_from_image(cloud, server, notes) if notes.get("ticket") else None


def _boot_from_image(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    ticket = ImageTicket.model_validate_json(cloud.secrets.open(notes["ticket"]))
    return InstanceConfigure(
        instance=cloud.instance(server.id),
        hypervisor_parameters={BOOT: "cdrom", CDROM: ticket.url},
    )


def _boot_as_before(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    kept = notes.get("kept") or server.kept or {BOOT: DEFAULT, CDROM: DEFAULT}
    return InstanceConfigure(
        instance=cloud.instance(server.id),
        hypervisor_parameters={name: kept[name] for name in (BOOT, CDROM)},
    )


def _stop(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return InstanceStop(instance=cloud.instance(server.id), timeout=cloud.stop_timeout)


def _start(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return InstanceStart(instance=cloud.instance(server.id))


def _start_if_it_ran(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    return _start(cloud, server, notes) if server.stood is not VmState.STOPPED else None


RESCUE_SERVER: Final[Saga[Cloud]] = Saga(
    RESCUE,
    (
        Step("look", look),
        Step("ticket", get_ticket),
        *Job("stop", _stop, _start_if_it_ran).steps,
        *Job("configure", _boot_from_image, _boot_as_before).steps,
        *Job("start", _start, _stop).steps,
        SETTLE,
    ),
    tell_failure,
)
UNRESCUE_SERVER: Final[Saga[Cloud]] = Saga(
    UNRESCUE,
    (
        Step("ticket", get_ticket_again),
        *Job("stop", _stop, _start).steps,
        *Job("configure", _boot_as_before, _boot_from_image_again).steps,
        *Job("start", _start, _stop).steps,
        SETTLE,
    ),
    tell_failure,
)
