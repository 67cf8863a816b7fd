"""Accepts servers: one transaction, and in the ordinary case nobody is asked but our database.

What one user asks for at the same time is accepted in the same transaction.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from services.compute.domain import quota
from services.compute.domain.block_request import of_another_server
from services.compute.domain.guest import Guest, GuestKey, require_files_within
from services.compute.domain.placement import zone_and_node
from services.compute.domain.quota import QuotaExceeded
from services.compute.domain.request import ServerRequest
from services.compute.domain.server import Server
from services.compute.store.capacity import CapacityStore, Member
from services.compute.store.references import look_up
from services.compute.store.stores import Stores, Transaction
from services.compute.store.usage import Usage
from services.compute.usecases.neighbours import Neighbours
from services.compute.usecases.placing import Places, Placing, hinted, placed
from services.compute.usecases.references import Asker, Resolved, question_of, resolve
from shared.clock import utcnow
from shared.db.reads import Reads
from shared.db.trouble import unavailable
from shared.db.turns import Turns
from shared.errors import CloudError, NotAllowed
from shared.ids import ProjectId, ServerId, UserId, new_uuid
from shared.secrets_box import SecretBox

CREATE = "compute.create_server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request whose references are checked."""

    asker: Asker
    request: ServerRequest
    resolved: Resolved
    request_id: str

    @property
    def kind(self) -> Hashable:
        """What may be accepted together: ordinary requests of a user for one server each.

        Others look at servers that are there, and so does their neighbour in a transaction.
        """
        request = self.request
        if request.most > 1 or request.group_id is not None or request.hints:
            return self.request_id
        return self.asker.project_id, self.asker.user_id


AcceptingTurns = Turns[Wanted, list[Server]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What accepting servers takes."""

    transaction: Transaction
    reads: Reads
    neighbours: Neighbours
    secrets: SecretBox
    placing: Placing
    default_zone: str | None
    turns: AcceptingTurns  # of the process


async def create_servers(
    using: Acceptance, asker: Asker, request: ServerRequest, request_id: str
) -> list[Server]:
    """Accept the servers of a request; sagas make them after the commit.

    Raises:
        BadInput: the request contradicts itself or refers to what is not there.
        NotAllowed: it asks for what this user may not have.
        QuotaExceeded: it asks for more than the project may have.
        Conflict: it is ambiguous, or wants a port in use.
    """
    request.require_possible()
    known = await look_up(using.reads, question_of(request, asker))
    resolved = await resolve(request, asker, known, using.neighbours)
    wanted = Wanted(asker=asker, request=request, resolved=resolved, request_id=request_id)
    return await using.turns.take(wanted.kind, wanted, partial(_accept, using))


async def _accept(using: Acceptance, several: Sequence[Wanted]) -> list[list[Server] | Exception]:
    """Accept what is of one kind, together; what the database will not have, one by one."""
    try:
        return await _together(using, several)
    except Exception as refused:
        # In trouble it may not be known what was committed: nothing is tried again.
        if len(several) == 1 or unavailable(refused) is not None:
            raise
    return [await _alone(using, each) for each in several]


async def _alone(using: Acceptance, wanted: Wanted) -> list[Server] | Exception:
    try:
        (outcome,) = await _together(using, [wanted])
    except Exception as refused:
        return refused
    return outcome


async def _together(using: Acceptance, several: Sequence[Wanted]) -> list[list[Server] | Exception]:
    """Accept what one user asks for, in one transaction; each is refused for itself."""
    asker, outcomes = several[0].asker, list[list[Server] | Exception]()
    async with using.transaction() as stores:
        ground = await stores.ground.read(asker.project_id, asker.user_id)
        places = Places(using.placing, ground.clusters, ground.promised, ground.with_volumes)
        usage = ground.usage
        for each in several:
            try:
                servers = await _accepted(using, stores, usage, places, each)
            except CloudError as refusal:
                outcomes.append(refusal)
            else:
                outcomes.append(servers)
                usage = usage.after(_amounts(each.resolved, len(servers)))
    return outcomes


async def _accepted(
    using: Acceptance, stores: Stores, usage: Usage, places: Places, wanted: Wanted
) -> list[Server]:
    request, resolved = wanted.request, wanted.resolved
    count = await _count(stores, usage, request, resolved)
    servers = _servers(using, wanted.asker, request, resolved, places, count)
    servers = await _place(stores.capacity, places, servers)
    await _add(stores, using.secrets, request, resolved.key, servers, wanted.request_id)
    return servers


async def _count(stores: Stores, usage: Usage, request: ServerRequest, resolved: Resolved) -> int:
    """Return how many servers the project's quota has room for, at least the least."""
    if 0 <= usage.limits["metadata_items"] < len(request.details):
        raise QuotaExceeded(
            f"Maximum number of metadata items exceeds {usage.limits['metadata_items']}"
        )
    require_files_within(request.files, usage.limits)
    count = request.most
    for used, limits in usage.layers:
        while count > request.least and quota.over(_amounts(resolved, count), used, limits):
            count -= 1
        quota.require(_amounts(resolved, count), used, limits)
    await _require_room_in_group(stores, request, usage, count)
    return count


def _amounts(resolved: Resolved, count: int) -> dict[str, int]:
    flavor = resolved.flavor
    return {"instances": count, "cores": flavor.vcpus * count, "ram": flavor.ram * count}


async def _require_room_in_group(
    stores: Stores, request: ServerRequest, usage: Usage, count: int
) -> None:
    if request.group_id is None:
        return
    limit = usage.limits["server_group_members"]
    members = await stores.capacity.count_members(request.group_id)
    if limit != quota.UNLIMITED and members + count > limit:
        raise QuotaExceeded("Quota exceeded, too many servers in group")


def _servers(
    using: Acceptance,
    asker: Asker,
    request: ServerRequest,
    resolved: Resolved,
    places: Places,
    count: int,
) -> list[Server]:
    zone, node = zone_and_node(request.zone, places.clusters, using.default_zone)
    node = request.node or node
    if node is not None and not asker.may_name_node:
        rule = "os_compute_api:servers:create:forced_host"
        raise NotAllowed(f"Policy doesn't allow {rule} to be performed.")
    now, reservation = utcnow(), f"r-{new_uuid().hex[:8]}"
    return [
        _server(asker, request, resolved, index, now, reservation, zone, node)
        for index in range(count)
    ]


def _server(
    asker: Asker,
    request: ServerRequest,
    resolved: Resolved,
    index: int,
    now: datetime,
    reservation: str,
    zone: str | None,
    node: str | None,
) -> Server:
    ident = new_uuid()
    return Server(
        id=ServerId(ident),
        project_id=ProjectId(asker.project_id),
        user_id=UserId(asker.user_id),
        name=request.name_of(index),
        hostname=request.hostname_of(index, ident),
        description=request.description,
        created_at=now,
        updated_at=now,
        flavor=resolved.flavor,
        image_id=resolved.image_id,
        volumes=of_another_server(resolved.volumes),
        local_disks=resolved.local_disks,
        key_name=request.key_name,
        details=dict(request.details),
        tags=request.tags,
        requested_networks=resolved.networks,
        security_groups=resolved.security_groups,
        access_ip_v4=request.access_ip_v4,
        access_ip_v6=request.access_ip_v6,
        config_drive=request.config_drive,
        disk_config=request.disk_config,
        reservation_id=reservation,
        launch_index=index,
        group_id=request.group_id,
        hints=request.hints,
        availability_zone=zone,
        pinned_zone=zone,
        pinned_node=node,
    )


async def group_of(
    capacity: CapacityStore, group_id: UUID | None
) -> tuple[str | None, list[Member]]:
    """Return the policy of a server group and where its members are; nothing for no group."""
    if group_id is None:
        return None, []
    return await capacity.group_policy(group_id), list(await capacity.members(group_id))


async def _place(capacity: CapacityStore, places: Places, wanted: Sequence[Server]) -> list[Server]:
    """Give each server a place; one for which there is none learns so from its saga."""
    policy, members = await group_of(capacity, wanted[0].group_id)
    near = await hinted(capacity, wanted[0])
    found = []
    for server in wanted:
        choice = places.take(server, group=policy, members=members, near=near)
        found.append(placed(server, choice))
        if choice is not None:
            members.append(Member(cluster=choice.cluster.name, node=choice.node))
    return found


async def _add(
    stores: Stores,
    secrets: SecretBox,
    request: ServerRequest,
    key: GuestKey | None,
    servers: Sequence[Server],
    request_id: str,
) -> None:
    facts = await stores.servers.add(servers)
    await stores.secrets.add(_sealed(secrets, request, key, servers))
    await stores.actions.begin(
        [
            {
                "server_id": server.id,
                "request_id": request_id,
                "action": "create",
                "user_id": server.user_id,
                "project_id": server.project_id,
                "started_at": server.created_at,
                "updated_at": server.created_at,
            }
            for server in servers
        ]
    )
    for server in servers:
        notes = {"volumes": bool(server.volumes)}  # most have none: what is about them is skipped
        await stores.sagas.start(CREATE, server.id, notes, request_id)
    await stores.outbox.publish(*facts, request_id=request_id)


def _sealed(
    secrets: SecretBox, request: ServerRequest, key: GuestKey | None, servers: Sequence[Server]
) -> dict[UUID, str]:
    """Return what the guests are to be told, sealed; nothing when there is nothing to tell."""
    guest = Guest(
        user_data=request.user_data,
        admin_password=request.admin_password,
        files=request.files,
        key=key,
    )
    if guest == Guest():
        return {}
    return {server.id: secrets.seal(guest.to_json()) for server in servers}


def unplaced(server: Server) -> Server:
    """Return the server without a place and without NICs."""
    return replace(server, cluster=None, node=None, nics=(), counted_from=None)
