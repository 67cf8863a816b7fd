"""Boots servers from another image, so that what is on their disk can be mended."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from services.compute.domain.image_mapping import require_bytes
from services.compute.domain.lifecycle import Action
from services.compute.store.references import Question, look_up
from services.compute.store.stores import Transaction
from services.compute.usecases.acting import Actor, begin, require
from services.compute.usecases.create_servers import Acceptance
from services.compute.usecases.references import Asker, require_image
from services.compute.usecases.saving import save
from services.compute.usecases.volume_backed import VolumeBacked, image_in, root_of
from shared.clock import utcnow
from shared.errors import BadInput
from shared.saga.definition import TakenOver

RESCUE: Final = "compute.rescue_server"
UNRESCUE: Final = "compute.unrescue_server"


async def rescue(
    using: Acceptance,
    asker: Asker,
    server_id: UUID,
    actor: Actor,
    image_id: UUID | None,
    *,
    may_be_volume: bool = True,
) -> None:
    """Begin to boot a server from an image, its own if none is named.

    Args:
        using: what it takes.
        asker: who asks, as references are checked.
        server_id: which server.
        actor: who asks, as it is recorded.
        image_id: the image; None: the one its root disk was made from.
        may_be_volume: whether the microversion knows root disks that are volumes.

    Raises:
        NotFound: absent, deleted, or another project's.
        BadInput: the image will not do, or there is none.
        VolumeBacked: its root disk is a volume, and the microversion knows no such rescue.
        Conflict: the server's state, or its lock, does not allow it.
    """
    async with using.transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        require(server, Action.RESCUE, actor)
        if server.image_id is None and not may_be_volume:
            raise VolumeBacked("Cannot rescue a volume-backed instance")
    found = image_id or server.image_id or await image_in(root_of(server), using.neighbours.volumes)
    if found is None:
        raise BadInput(
            f"Instance {server_id} cannot be rescued: its root volume was made from no image, "
            "so rescue_image_ref has to name one."
        )
    wanted = str(found)
    question = Question(
        project_id=asker.project_id,
        user_id=asker.user_id,
        is_admin=asker.is_admin,
        flavor_id="",
        image_id=wanted,
    )
    known = await look_up(using.reads, question)
    require_bytes(await require_image(wanted, asker, known, using.neighbours))
    async with using.transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        notes = {"action": Action.RESCUE.value, "cluster": server.cluster, "image": wanted}
        await begin(stores, server, Action.RESCUE, actor, RESCUE, notes)


async def unrescue(transaction: Transaction, server_id: UUID, actor: Actor) -> None:
    """Begin to boot a server from its disk again.

    Raises:
        NotFound: absent, deleted, or another project's.
        Conflict: the server's state, or its lock, does not allow it.
    """
    async with transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        notes = {"action": Action.UNRESCUE.value, "cluster": server.cluster}
        await begin(stores, server, Action.UNRESCUE, actor, UNRESCUE, notes)


async def keep(transaction: Transaction, server_id: UUID, kept: dict[str, Any]) -> None:
    """Remember what Ganeti is to be told again when the rescue is over.

    Raises:
        TakenOver: something else is being done to the server.
    """
    async with transaction() as stores:
        server = await stores.servers.find(server_id)
        if server is None or server.action is not Action.RESCUE:
            raise TakenOver
        if server.kept != kept:
            await save(stores, replace(server, kept=kept, updated_at=utcnow()))
