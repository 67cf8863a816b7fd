"""Writes servers' root disks anew, from the same image or another."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from services.compute.domain.guest import FILE_LIMITS, Guest, GuestKey, require_files_within
from services.compute.domain.image_mapping import require_bytes
from services.compute.domain.lifecycle import Action
from services.compute.domain.quota import UNLIMITED, QuotaExceeded
from services.compute.domain.server import Server
from services.compute.store.references import Known, Question, look_up
from services.compute.store.stores import Stores
from services.compute.usecases import guests, volume_backed
from services.compute.usecases.acting import Actor, begin, require
from services.compute.usecases.create_servers import Acceptance
from services.compute.usecases.references import Asker, require_fit, require_image
from services.compute.usecases.volume_backed import VolumeBacked, metadata_of, root_of
from shared.errors import BadInput

REBUILD: Final = "compute.rebuild_server"


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildRequest:
    """What a server is to be once it is rebuilt."""

    image_id: UUID
    fields: Mapping[str, Any] = field(default_factory=dict)  # of the server, to change at once
    # What its guest is told, by name; what is absent stays as it was.
    told: Mapping[str, Any] = field(default_factory=dict, repr=False)
    may_be_volume: bool = True  # whether the microversion knows root disks that are volumes

    def told_with(self, known: Known) -> dict[str, Any]:
        """Return what its guest is told, with the key as it is now, if it is to have another."""
        if "key_name" not in self.fields:
            return dict(self.told)
        key = GuestKey.of(known.of("keypair").get(self.fields["key_name"] or ""))
        return {**self.told, "key": key}


async def rebuild(
    using: Acceptance, asker: Asker, server_id: UUID, actor: Actor, wanted: RebuildRequest
) -> tuple[Server, Guest]:
    """Begin to rebuild a server; return it as it is to be, and what its guest will be told.

    Raises:
        NotFound: absent, deleted, or another project's.
        BadInput: the image or the key will not do.
        QuotaExceeded: there is too much metadata, or files for the guest.
        VolumeBacked: its root disk is a volume, and the microversion knows no such rebuild.
        Conflict: the server's state, or its lock, does not allow it.
    """
    known = await look_up(using.reads, _question(asker, wanted))
    async with using.transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        require(server, Action.REBUILD, actor)
        if server.image_id is None and not wanted.may_be_volume:
            raise VolumeBacked(
                "Unable to rebuild a volume-backed server before microversion 2.93: "
                "its root disk is a volume."
            )
    image = await require_image(str(wanted.image_id), asker, known, using.neighbours)
    require_bytes(image)
    if server.image_id is None:
        volume_backed.require_fit(root_of(server), image, server.flavor.ram)
    else:
        require_fit(server.flavor, image, asker)
    _require_key(wanted, known)
    async with using.transaction() as stores:
        server = await stores.servers.get(server_id, actor.scope)
        await _require_room(stores, server, wanted)
        told = await guests.change(stores, using.secrets, server.id, **wanted.told_with(known))
        shown = None if server.image_id is None else wanted.image_id
        changed = replace(server, image_id=shown, fault=None, **wanted.fields)
        notes = _notes(server, image)
        return await begin(stores, changed, Action.REBUILD, actor, REBUILD, notes), told


def _notes(server: Server, image: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the saga starts from; of a root volume its owner is told what it holds."""
    notes = {
        "action": Action.REBUILD.value,
        "cluster": server.cluster,
        "image": str(image["id"]),
    }
    root = root_of(server) if server.image_id is None else None
    if root is None:
        return notes
    return {**notes, "root": root.volume_id, "holds": metadata_of(image)}


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


async def _require_room(stores: Stores, server: Server, wanted: RebuildRequest) -> None:
    details = wanted.fields.get("details", {})
    limits = await stores.usage.limits(server.project_id, [*FILE_LIMITS, "metadata_items"])
    require_files_within(wanted.told.get("files", ()), limits)
    if UNLIMITED != limits["metadata_items"] < len(details):
        raise QuotaExceeded(f"Maximum number of metadata items exceeds {limits['metadata_items']}")
