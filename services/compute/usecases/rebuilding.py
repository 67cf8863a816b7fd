"""Writes servers' root disks anew, from the same image or another."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

import orjson

from services.compute.domain.lifecycle import Action
from services.compute.domain.quota import UNLIMITED, QuotaExceeded
from services.compute.domain.server import Server
from services.compute.store.references import Known, Question, look_up
from services.compute.store.stores import Stores
from services.compute.usecases.acting import Actor, begin, require
from services.compute.usecases.create_servers import Acceptance
from services.compute.usecases.references import Asker, require_fit, require_image
from shared.errors import BadInput, Kind, NotSupported
from shared.secrets_box import SecretBox

REBUILD: Final = "compute.rebuild_server"


class VolumeBacked(NotSupported):
    """The root disk is a volume, and what is asked for takes one that is not: 400."""

    kind = Kind.BAD_INPUT
    code = "compute.server.volume_backed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildRequest:
    """What a server is to be once it is rebuilt."""

    image_id: UUID
    fields: Mapping[str, Any] = field(default_factory=dict)  # of the server, to change at once
    # What its guest is told, by name; what is absent stays as it was.
    told: Mapping[str, Any] = field(default_factory=dict, repr=False)


async def rebuild(
    using: Acceptance, asker: Asker, server_id: UUID, actor: Actor, wanted: RebuildRequest
) -> tuple[Server, Mapping[str, Any]]:
    """Begin to rebuild a server; return it as it is to be, and what its guest will be told.

    Raises:
        NotFound: absent, deleted, or another project's.
        BadInput: the image or the key will not do.
        QuotaExceeded: there is too much metadata.
        VolumeBacked: its root disk is a volume.
        Conflict: the server's state, or its lock, does not allow it.
    """
    known = await look_up(using.reads, _question(asker, wanted))
    async with using.transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        require(server, Action.REBUILD, actor)
        if server.image_id is None:
            raise VolumeBacked("Servers whose root disk is a volume cannot be rebuilt.")
    image = await require_image(str(wanted.image_id), asker, known, using.neighbours)
    require_fit(server.flavor, image, asker)
    _require_key(wanted, known)
    async with using.transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        await _require_room_for_metadata(stores, server, wanted)
        told = await _tell(stores, using.secrets, server, wanted)
        changed = replace(server, image_id=wanted.image_id, fault=None, **wanted.fields)
        notes = {"action": Action.REBUILD.value, "cluster": server.cluster}
        return await begin(stores, changed, Action.REBUILD, actor, REBUILD, notes), told


def _question(asker: Asker, wanted: RebuildRequest) -> Question:
    return Question(
        project_id=asker.project_id,
        user_id=asker.user_id,
        is_admin=asker.is_admin,
        flavor_id="",
        image_id=str(wanted.image_id),
        key_name=wanted.fields.get("key_name"),
    )


def _require_key(wanted: RebuildRequest, known: Known) -> None:
    if wanted.fields.get("key_name") is not None and not known.of("keypair"):
        raise BadInput("Invalid key_name provided.")


async def _require_room_for_metadata(
    stores: Stores, server: Server, wanted: RebuildRequest
) -> None:
    details = wanted.fields.get("details", {})
    limits = await stores.usage.limits(server.project_id, ["metadata_items"])
    if UNLIMITED != limits["metadata_items"] < len(details):
        raise QuotaExceeded(f"Maximum number of metadata items exceeds {limits['metadata_items']}")


async def _tell(
    stores: Stores, secrets: SecretBox, server: Server, wanted: RebuildRequest
) -> Mapping[str, Any]:
    """Keep what the guest is to be told from now on; return all of it."""
    sealed = await stores.secrets.find(server.id)
    known: dict[str, Any] = {} if sealed is None else orjson.loads(secrets.open(sealed))
    told = known | dict(wanted.told)
    if told != known:
        await stores.secrets.put(server.id, secrets.seal(orjson.dumps(told).decode()))
    return told
