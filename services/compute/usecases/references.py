"""Checks what a create refers to: in our projections, and where they know nothing, at the owner's.

News may be on its way: that an image is not active or a port is in use is for its owner to say.
Every reference that leads nowhere is the request's fault (400), whichever way it was found out.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from services.compute.domain.block_request import Disks, renamed
from services.compute.domain.devices import BlockDevice
from services.compute.domain.guest import GuestKey
from services.compute.domain.image_mapping import disks_in
from services.compute.domain.local_disks import LocalDisk, local_disks
from services.compute.domain.request import NetworkAmbiguous, Networking, ServerRequest
from services.compute.domain.server import FlavorSnapshot, Group, NetworkWish
from services.compute.store.references import Documents, Known, Question
from services.compute.usecases.neighbours import Neighbours
from services.compute.usecases.wanted_volumes import located
from shared.contracts.resources import (
    ImageChanged,
    NetworkChanged,
    PortChanged,
    SecurityGroupChanged,
)
from shared.errors import BadInput, Conflict, NotAllowed, NotFound

Json = dict[str, Any]
GIB: Final = 1024**3
IMAGE, NETWORK = ImageChanged.resource, NetworkChanged.resource
PORT, GROUP = PortChanged.resource, SecurityGroupChanged.resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and what they may do beyond a member."""

    project_id: str
    user_id: str
    token: str
    is_admin: bool = False
    may_attach_external: bool = False
    may_have_no_disk: bool = False
    may_name_node: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a create refers to, found."""

    flavor: FlavorSnapshot
    networks: tuple[NetworkWish, ...]
    security_groups: tuple[Group, ...]
    image_id: UUID | None = None  # of a local root disk; None: it boots from a volume
    volumes: tuple[BlockDevice, ...] = ()
    local_disks: tuple[LocalDisk, ...] = ()
    key: GuestKey | None = None


def question_of(request: ServerRequest, asker: Asker) -> Question:
    """Return what to look up for a request."""
    return Question(
        project_id=asker.project_id,
        user_id=asker.user_id,
        is_admin=asker.is_admin,
        flavor_id=request.flavor_id,
        image_id=str(request.image_id or ""),
        networks=tuple(wish.network_id for wish in request.networks if wish.network_id),
        any_network=not request.networks and request.networking is not Networking.NONE,
        ports=tuple(wish.port_id for wish in request.networks if wish.port_id),
        security_groups=request.security_groups,
        key_name=request.key_name,
        group_id=request.group_id,
    )


async def resolve(
    request: ServerRequest, asker: Asker, known: Known, neighbours: Neighbours
) -> Resolved:
    """Check every reference of a request.

    Raises:
        BadInput: one leads nowhere, or to something that will not do.
        Conflict: it leads to several things, or to a port in use.
        NotAllowed: it leads to what this user may not have.
    """
    flavor = _flavor(request, known)
    disks = Disks(image_id=None, volumes=request.volumes, local=request.local)
    if request.image_id is not None:
        image = await require_image(str(request.image_id), asker, known, neighbours)
        disks = _disks(request, image, flavor, asker)
    local = local_disks(disks.local, ephemeral=flavor.ephemeral, swap=flavor.swap)
    if request.key_name is not None and not known.of("keypair"):
        raise BadInput("Invalid key_name provided.")
    if request.group_id is not None and not known.of("group"):
        raise BadInput(f"Instance group {request.group_id} could not be found.")
    return Resolved(
        flavor=flavor,
        networks=await _networks(request, asker, known, neighbours),
        security_groups=await _security_groups(request, asker, known, neighbours),
        image_id=request.image_id if disks.image_id else None,
        local_disks=local,
        volumes=await located(
            renamed(disks.volumes, after=len(local)),
            neighbours.volumes,
            asker.token,
            flavor,
            may_be_shared=request.may_share_volumes,
        ),
        key=GuestKey.of(known.of("keypair").get(request.key_name or "")),
    )


def _disks(
    request: ServerRequest, image: Mapping[str, Any], flavor: FlavorSnapshot, asker: Asker
) -> Disks:
    """Return the disks of a server made from an image: one of its bytes, or of its volumes."""
    of_volumes = disks_in(image, request.volumes)
    if of_volumes is not None:
        return replace(of_volumes, local=(*of_volumes.local, *request.local))
    require_fit(flavor, image, asker)
    return Disks(image_id=str(request.image_id), volumes=request.volumes, local=request.local)


def _flavor(request: ServerRequest, known: Known) -> FlavorSnapshot:
    found = known.of("flavor").get(request.flavor_id)
    if found is None:
        raise BadInput(f"Flavor {request.flavor_id} could not be found.")
    names = ("id", "name", "vcpus", "ram", "disk", "ephemeral", "swap", "extra_specs")
    return FlavorSnapshot(**{name: found[name] for name in names})


async def _asked(question: Awaitable[Json], otherwise: str) -> Json:
    """Return the owner's answer; its refusal is the request's fault."""
    try:
        return await question
    except (NotFound, NotAllowed, BadInput) as refused:
        raise BadInput(otherwise) from refused


async def require_image(ident: str, asker: Asker, known: Known, neighbours: Neighbours) -> Json:
    """Return an image that the asker sees and that is active.

    Raises:
        BadInput: there is none.
    """
    image = known.of(IMAGE).get(ident)
    if image is None or image.get("status") != "active" or not _is_visible(image, asker):
        image = await _asked(
            neighbours.images.image(ident, asker.token), "Can not find requested image"
        )
    if image.get("status") != "active":
        raise BadInput(f"Image {ident} is not active.")
    return image


def _is_visible(image: Mapping[str, Any], asker: Asker) -> bool:
    return (
        image.get("visibility") in {"public", "community"}
        or image["_project_id"] == asker.project_id
    )


def require_fit(flavor: FlavorSnapshot, image: Mapping[str, Any], asker: Asker) -> None:
    """Refuse an image that needs more than a flavor has.

    Raises:
        BadInput: it does; says what.
        NotAllowed: the flavor has no disk, and the asker may not have such a server.
    """
    if (image.get("min_ram") or 0) > flavor.ram:
        raise BadInput("Flavor's memory is too small for requested image.")
    if flavor.disk == 0:
        if not asker.may_have_no_disk:
            raise NotAllowed("Only volume-backed servers are allowed for flavors with zero disk.")
        return
    needed = max(
        (image.get("min_disk") or 0) * GIB,
        image.get("virtual_size") or 0,
        image.get("size") or 0,
    )
    if needed > flavor.disk * GIB:
        raise BadInput(
            "Flavor's disk is too small for requested image. Flavor disk is "
            f"{flavor.disk * GIB} bytes, minimum size is {math.ceil(needed)} bytes."
        )


async def _networks(
    request: ServerRequest, asker: Asker, known: Known, neighbours: Neighbours
) -> tuple[NetworkWish, ...]:
    if request.networks:
        for wish in request.networks:
            if wish.port_id:
                await _require_port(wish.port_id, asker, known.of(PORT), neighbours)
            else:
                await _require_network(wish.network_id or "", asker, known.of(NETWORK), neighbours)
        return request.networks
    if request.networking is Networking.NONE:
        return ()
    return await _only_network(request.networking, asker, known.of(NETWORK), neighbours)


def _is_open_to(asker: Asker) -> Callable[[Mapping[str, Any]], bool]:
    """Return what tells the networks a project uses without being told: its own and shared ones."""
    return lambda network: bool(
        network.get("shared")
        or asker.project_id in {network.get("_project_id"), network.get("project_id")}
    )


async def _only_network(
    networking: Networking, asker: Asker, known: Documents, neighbours: Neighbours
) -> tuple[NetworkWish, ...]:
    is_open = _is_open_to(asker)
    found = [ident for ident, network in known.items() if is_open(network)]
    if not found:
        asked = await neighbours.networks.networks({}, asker.token)
        found = [network["id"] for network in asked if is_open(network)]
    if len(found) > 1:
        raise NetworkAmbiguous(
            "Multiple possible networks found, use a Network ID to be more specific."
        )
    if not found and networking is Networking.AUTO:
        raise BadInput(
            "Unable to automatically allocate a network for project "
            f"{asker.project_id}: there is none, and none can be made."
        )
    return tuple(NetworkWish(network_id=ident) for ident in found)


async def _require_network(
    ident: str, asker: Asker, known: Documents, neighbours: Neighbours
) -> None:
    network = known.get(ident)
    is_open = _is_open_to(asker)
    if network is None or not (is_open(network) or asker.is_admin):
        network = await _asked(
            neighbours.networks.network(ident, asker.token), f"Network {ident} could not be found."
        )
    if network.get("router:external") and not is_open(network) and not asker.may_attach_external:
        raise NotAllowed(f"It is not allowed to create an interface on external network {ident}")


async def _require_port(ident: str, asker: Asker, known: Documents, neighbours: Neighbours) -> None:
    port = known.get(ident)
    is_ours = port is not None and (port["_project_id"] == asker.project_id or asker.is_admin)
    if port is None or port.get("device_id") or not is_ours:
        port = await _asked(
            neighbours.networks.port(ident, asker.token), f"Port {ident} could not be found."
        )
    if port.get("device_id"):
        raise Conflict(f"Port {ident} is still in use.")


async def _security_groups(
    request: ServerRequest, asker: Asker, known: Known, neighbours: Neighbours
) -> tuple[Group, ...]:
    if not request.security_groups:
        return (Group(id="", name="default"),)  # the network service's own choice
    found = [
        Group(id=ident, name=str(document.get("name", "")))
        for ident, document in known.of(GROUP).items()
    ]
    missing = [wanted for wanted in request.security_groups if not _named(found, wanted)]
    if missing:
        asked = await neighbours.networks.security_groups(
            {"project_id": asker.project_id}, asker.token
        )
        found = [Group(id=each["id"], name=each["name"]) for each in asked]
    return tuple(dict.fromkeys(_one_group(found, each, asker) for each in request.security_groups))


def _named(groups: list[Group], wanted: str) -> list[Group]:
    return [group for group in groups if wanted == group.id] or [
        group for group in groups if wanted == group.name
    ]


def _one_group(groups: list[Group], wanted: str, asker: Asker) -> Group:
    found = _named(groups, wanted)
    if not found:
        raise BadInput(f"Security group {wanted} not found for project {asker.project_id}.")
    if len(found) > 1:
        raise Conflict(
            f"Multiple security groups found matching '{wanted}'. Use an ID to be more specific."
        )
    return found[0]
