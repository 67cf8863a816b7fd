"""Writes a server's root disk anew: a way to the image, then the OS scripts run again."""

from typing import Final

from pydantic import SecretStr

from services.compute.domain.lifecycle import Task, VmState
from services.compute.domain.server import Server
from services.compute.effects.chaining import SETTLE, Job, tell_failure
from services.compute.effects.cloud import Cloud, request_of, subject_of
from services.compute.effects.installing import image_parameters
from services.compute.effects.seeds import publish_seed, seed_disk_name, withdraw_seed
from services.compute.usecases import progress
from services.compute.usecases.rebuilding import REBUILD
from shared.contracts.image import ImageTicket
from shared.contracts.operations import (
    InstanceConfigure,
    InstanceReinstall,
    InstanceStart,
    InstanceStop,
    Operation,
)
from shared.errors import BadInput, Conflict, NotFound
from shared.saga.definition import GiveUp, Notes, Saga, Step

CLEARED: Final = ""  # a private parameter that says nothing


async def get_ticket(cloud: Cloud, notes: Notes) -> Notes:
    """Get a signed address of the image; it is secret, so the notes hold it sealed."""
    server = await progress.read(cloud.transaction, subject_of(notes))
    if notes.get("cluster") is None:
        raise GiveUp("The server has no instance.")
    cluster = await progress.cluster_of(cloud.transaction, notes["cluster"])
    base, image_id = cluster.image_url_base if cluster else None, _image(server, notes)
    try:
        ticket = await cloud.images.ticket(image_id, base, request_of(notes))
    except (NotFound, Conflict, BadInput) as refused:
        raise GiveUp(f"Image {image_id} could not be used.") from refused
    return {"ticket": cloud.secrets.seal(ticket.model_dump_json())}


def _image(server: Server, notes: Notes) -> str:
    """Return the image to write; a server whose root disk is a volume shows none."""
    return str(notes.get("image") or server.image_id)


def _ticket(cloud: Cloud, notes: Notes) -> ImageTicket:
    return ImageTicket.model_validate_json(cloud.secrets.open(notes["ticket"]))


def _tell_where(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    told = {"image_url": SecretStr(_ticket(cloud, notes).url)}
    if notes.get("seed_url"):
        told["seed_url"] = SecretStr(cloud.secrets.open(notes["seed_url"]))
    return InstanceConfigure(instance=cloud.instance(server.id), os_private=told)


def _forget_where(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    told = {"image_url": SecretStr(CLEARED), "seed_url": SecretStr(CLEARED)}
    return InstanceConfigure(instance=cloud.instance(server.id), os_private=told)


def _drive(server: Server, notes: Notes) -> dict[str, str]:
    """Return the public OS parameter that says where the guest's own files go, if they do."""
    return {"seed_disk": seed_disk_name(server)} if notes.get("seed_url") else {}


async def get_seed_url(cloud: Cloud, notes: Notes) -> Notes:
    """Publish what the guest finds on its drive; the address is secret, so it is sealed."""
    if not cloud.seed_drive:
        return {"seed_url": None}
    server = await progress.read(cloud.transaction, subject_of(notes))
    return {"seed_url": cloud.secrets.seal(await publish_seed(cloud, server))}


async def forget_seed(cloud: Cloud, notes: Notes) -> Notes:
    """Forget what the guest was told only once, and where."""
    await withdraw_seed(cloud, subject_of(notes))
    return {"seed_url": None}


async def withdraw(cloud: Cloud, notes: Notes) -> None:
    """Let nobody fetch the seed any more."""
    await withdraw_seed(cloud, subject_of(notes))


def _runs(server: Server) -> bool:
    """Whether the server is to run when it is over: also one that was in error."""
    return server.stood is not VmState.STOPPED


def _stop(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    """Pull the plug: what is on the disk goes anyway, and Ganeti would wait for the guest."""
    if not _runs(server):
        return None
    return InstanceStop(instance=cloud.instance(server.id), timeout=0)


def _start(cloud: Cloud, server: Server, _notes: Notes) -> Operation | None:
    return InstanceStart(instance=cloud.instance(server.id)) if _runs(server) else None


def _reinstall(cloud: Cloud, server: Server, notes: Notes) -> Operation | None:
    return InstanceReinstall(
        instance=cloud.instance(server.id),
        os_parameters=image_parameters(server, _ticket(cloud, notes), _image(server, notes))
        | _drive(server, notes),
        start=False,
    )


async def tell_holder(cloud: Cloud, notes: Notes) -> Notes:
    """Tell the volume service what the root disk holds now, where that is a volume."""
    if notes.get("root") is None:
        return {}
    holds: dict[str, str] = notes["holds"]
    try:
        known = (await cloud.volumes.volume(notes["root"])).get("volume_image_metadata") or {}
        for stale in sorted(known.keys() - holds.keys()):
            await _act(cloud, notes, {"os-unset_image_metadata": {"key": stale}})
        await _act(cloud, notes, {"os-set_image_metadata": {"metadata": holds}})
    except (NotFound, BadInput):  # it is gone, or its limits keep it from saying so
        return {}
    return {}


async def _act(cloud: Cloud, notes: Notes, action: dict[str, dict[str, object]]) -> None:
    await cloud.volumes.act(notes["root"], action, request_of(notes))


REBUILD_SERVER: Final[Saga[Cloud]] = Saga(
    REBUILD,
    (
        Step("ticket", get_ticket),
        Step("seed", get_seed_url, withdraw),
        *Job("stop", _stop, _start).steps,
        *Job("configure", _tell_where, _forget_where).steps,
        *Job("reinstall", _reinstall, phase=Task.REBUILD_SPAWNING).steps,
        Step("told", forget_seed),
        Step("holder", tell_holder),
        *Job("start", _start, _stop).steps,
        SETTLE,
    ),
    tell_failure,
)
