"""What the service does with ports. Each public verb is one transaction."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.network.domain.binding import IMPOSSIBLE, UNBOUND
from services.network.domain.errors import (
    AddressPairAndPortSecurityRequired,
    BadRequest,
    NetworkNotFound,
    PortBound,
    PortSecurityPortHasSecurityGroup,
    SecurityGroupNotFound,
)
from services.network.domain.mac import random_mac
from services.network.domain.network import Network
from services.network.domain.port import DOWN, Port
from services.network.domain.resource import View
from services.network.domain.router import INTERFACE, SERVICE_PORTS
from services.network.domain.router_errors import ServicePortInUse
from services.network.store.grounds import Ground
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, bindings, following, port_forwardings
from services.network.usecases.access import PolicyNotAuthorized
from services.network.usecases.bindings import Ganeti
from services.network.usecases.fixed_ips import OURS, Allotment
from services.network.usecases.news import again, check_revision, news_of, tell
from shared.clock import utcnow
from shared.contracts.resources import CREATED, DELETED, UPDATED
from shared.db.idempotency import Answer, Claim
from shared.ids import new_uuid

Place = tuple[str, UUID]  # a project and a network


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """An answer to keep for repetitions of the request, in the transaction it is about."""

    claim: Claim
    answer: Callable[[Sequence[Port]], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What ports need to know of the cloud around them."""

    ganeti: Ganeti
    dns_domain: str = ""
    router_port_status: str = DOWN  # nothing forwards on the nodes
    floating_ips_need_router: bool = True


async def create(
    transaction: Transaction,
    around: Surroundings,
    view: View,
    drafts: Sequence[Mapping[str, Any]],
    keeping: Keeping | None = None,
) -> list[Port]:
    """Create ports, all or none.

    Args:
        transaction: of the service.
        around: the cloud.
        view: who asks.
        drafts: fields of ``Port``; ``fixed_ips`` are wishes, unset fields have no key.
        keeping: where the answer goes, if the request may be repeated.

    Raises:
        NetworkNotFound: absent, or another project's.
        IpAddressInUse, MacAddressInUse: somebody has it.
        IpAddressGenerationFailure: no address is left.
        OverQuota: the project may not have so many.
    """

    async def work(ganeti: Ganeti) -> list[Port]:
        here = replace(around, ganeti=ganeti)
        async with transaction() as stores:
            made = await _plug_all(stores, here, view, drafts)
            if keeping is not None:
                await stores.answers.keep(keeping.claim, keeping.answer(made))
            return made

    return await bindings.knowing(transaction, around.ganeti, work)


def _place(draft: Mapping[str, Any]) -> Place:
    return draft["project_id"], draft["network_id"]


async def _grounds(stores: Stores, drafts: Sequence[Mapping[str, Any]]) -> Mapping[Place, Ground]:
    """Return what the ports stand on; their projects may have them all."""
    more = Counter(draft["project_id"] for draft in drafts)
    return {
        (project, network_id): await stores.grounds.of(network_id, project, more=more[project])
        for project, network_id in sorted(set(map(_place, drafts)))
    }


async def _plug_all(
    stores: Stores, around: Surroundings, view: View, drafts: Sequence[Mapping[str, Any]]
) -> list[Port]:
    if len(drafts) == 1:
        return [await plug(stores, around, view, drafts[0], more=1)]
    grounds = await _grounds(stores, drafts)
    return [
        await _plug(stores, around, view, draft, grounds[_place(draft)], new_uuid())
        for draft in drafts
    ]


async def plug(
    stores: Stores, around: Surroundings, view: View, draft: Mapping[str, Any], *, more: int = 0
) -> Port:
    """Make one port inside a transaction, and tell of it.

    Args:
        stores: of the transaction.
        around: the cloud.
        view: who asks.
        draft: as for ``create``.
        more: 1 if the port counts for its project.
    """
    port_id = new_uuid()
    ground = await stores.grounds.of(
        draft["network_id"],
        draft["project_id"],
        more=more,
        port_id=port_id if draft.get("fixed_ips") is None else None,
    )
    return await _plug(stores, around, view, draft, ground, port_id)


async def _plug(
    stores: Stores,
    around: Surroundings,
    view: View,
    draft: Mapping[str, Any],
    ground: Ground,
    port_id: UUID,
) -> Port:
    network = ground.network
    if not access.sees_network(view, network):
        raise NetworkNotFound(network.id)
    access.check_guest(view, network, draft, "create_port")
    given = dict(draft)
    wishes = given.pop("fixed_ips", None)
    mac = given.pop("mac_address", None)
    given.setdefault("port_security_enabled", network.port_security_enabled)
    chosen = given.get("security_groups")
    if chosen is None:
        given["security_groups"] = await _default_groups(stores, ground, given)
    now = utcnow()
    port = Port(
        id=port_id,
        created_at=now,
        updated_at=now,
        mac_address=mac or random_mac(),
        vif_details={},
        dns_suffix=_suffix(around, network, given.get("dns_domain", "")),
        **({"profile": {}} | given),
    )
    _check_combination(port)
    if chosen:
        await _check_groups(stores, view, port)
    port = replace(port, fixed_ips=await _allot(stores, ground, port, wishes))
    if port.host_id:
        port = await bindings.bound(stores, around.ganeti, port, network)
    await stores.ports.plug(port, mac_was_asked_for=mac is not None, told=news_of(CREATED, port))
    return port


async def _default_groups(
    stores: Stores, ground: Ground, given: Mapping[str, Any]
) -> tuple[UUID, ...]:
    if not given["port_security_enabled"] or given.get("device_owner", "").startswith(OURS):
        return ()
    if ground.default_group is not None:
        return (ground.default_group,)
    group_id, made = await stores.groups.default_of(given["project_id"])
    if made is not None:
        await tell(stores, CREATED, [made])
    return (group_id,)


async def _allot(
    stores: Stores, ground: Ground, port: Port, wishes: Sequence[Mapping[str, Any]] | None
) -> Any:
    allotment = Allotment(
        stores,
        ground.network,
        ground.subnets,
        port_id=port.id,
        mac=port.mac_address,
        owner=port.device_owner,
        taken=ground.taken,
    )
    return await allotment.give(wishes)


def _suffix(around: Surroundings, network: Network, own: str) -> str:
    return own or network.dns_domain or around.dns_domain


def _check_combination(port: Port) -> None:
    if not port.port_security_enabled:
        if port.security_groups:
            raise PortSecurityPortHasSecurityGroup
        if port.allowed_address_pairs:
            raise AddressPairAndPortSecurityRequired


async def _check_groups(stores: Stores, view: View, port: Port) -> None:
    usable = await access.usable_groups(stores, view, port.security_groups, port.project_id)
    for group_id in port.security_groups:
        if group_id not in usable:
            raise SecurityGroupNotFound(group_id)


async def update(
    transaction: Transaction,
    around: Surroundings,
    view: View,
    port_id: UUID,
    changes: Mapping[str, Any],
    revision: int | None = None,
) -> Port:
    """Change a port; a new cluster (``host_id``) binds it there.

    Raises:
        PortNotFound: absent, or another project's.
        IpAddressInUse, MacAddressInUse: somebody has it.
    """

    async def work(ganeti: Ganeti) -> Port:
        here = replace(around, ganeti=ganeti)
        async with transaction() as stores:
            # Not locked: the save is version-checked, and locks are taken subnet before port.
            port, network = await access.own_port(stores, view, port_id)
            check_revision(port, revision)
            access.check_guest(view, network, changes, "update_port")
            _check_service_port(view, port, changes)
            changed = await _changed(stores, here, network, port, changes)
            await _check_change(stores, view, port, changed)
            if changed.security_groups != port.security_groups:
                await stores.ports.regroup(changed)
            saved = await stores.ports.save_with_mac(changed)
            await tell(stores, UPDATED, [saved])
            await following.follow(stores, ganeti, [saved])
            if saved.fixed_ips != port.fixed_ips:
                kept = [each.ip_address for each in saved.fixed_ips]
                await port_forwardings.let_go(stores, saved, kept)
            return saved

    return await bindings.knowing(transaction, around.ganeti, work)


def _check_service_port(view: View, port: Port, changes: Mapping[str, Any]) -> None:
    """Refuse to change what a router or a floating IP says of its port."""
    if port.device_owner not in SERVICE_PORTS:
        return
    if port.device_owner != INTERFACE and "fixed_ips" in changes:
        raise BadRequest(
            f"Bad port request: the addresses of port {port.id} are those of its router's gateway "
            "or floating IP."
        )
    for name in ("device_id", "device_owner"):
        if changes.get(name, getattr(port, name)) != getattr(port, name) and not view.everything:
            raise PolicyNotAuthorized(f"update_port:{name}")


async def _changed(
    stores: Stores,
    around: Surroundings,
    network: Network,
    port: Port,
    changes: Mapping[str, Any],
) -> Port:
    given = {name: value for name, value in changes.items() if name != "fixed_ips"}
    if given.get("mac_address", "") is None:
        given["mac_address"] = random_mac()
    changed = replace(port, **given)
    changed = replace(changed, dns_suffix=_suffix(around, network, changed.dns_domain))
    if "fixed_ips" in changes:
        changed = await _readdressed(stores, network, changed, changes["fixed_ips"])
    if not changed.device_id and port.device_id:
        changed = replace(changed, status=DOWN)
    moved = changed.host_id != port.host_id or changed.fixed_ips != port.fixed_ips
    is_settled = changed.vif_type not in {UNBOUND.vif_type, IMPOSSIBLE.vif_type}
    if moved or ("host_id" in changes and not is_settled):
        changed = await bindings.bound(stores, around.ganeti, changed, network)
    return changed


async def readdress(
    stores: Stores,
    around: Surroundings,
    network: Network,
    port: Port,
    wishes: Sequence[Mapping[str, Any]],
) -> Port:
    """Give a port other addresses inside a transaction, write it, and tell of it."""
    changed = await _readdressed(stores, network, port, wishes)
    saved = await stores.ports.save(await bindings.bound(stores, around.ganeti, changed, network))
    await tell(stores, UPDATED, [saved])
    return saved


async def _readdressed(
    stores: Stores, network: Network, port: Port, wishes: Sequence[Mapping[str, Any]]
) -> Port:
    """Keep what is asked for again, give back the rest, give what is new."""
    known = await stores.subnets.of(network.id)
    kept, new = [], []
    left = list(port.fixed_ips)
    for wish in wishes:
        same = next(
            (
                have
                for have in left
                if wish.get("ip_address") in {have.ip_address, None}
                and wish.get("subnet_id") in {have.subnet_id, None}
            ),
            None,
        )
        if same is None:
            new.append(wish)
        else:
            left.remove(same)
            kept.append(same)
    automatic = {subnet.id for subnet in known if subnet.is_automatic}
    kept += [have for have in left if have.subnet_id in automatic]
    await stores.addresses.release(
        [have for have in left if have.subnet_id not in automatic], known
    )
    fixed = [subnet for subnet in known if not subnet.is_automatic] if kept or new else known
    allotment = Allotment(
        stores,
        network,
        fixed,
        port_id=port.id,
        mac=port.mac_address,
        owner=port.device_owner,
    )
    given = await allotment.give(new)
    return replace(port, fixed_ips=(*kept, *given))


async def _check_change(stores: Stores, view: View, port: Port, changed: Port) -> None:
    if changed.mac_address != port.mac_address and port.host_id:
        raise PortBound(port.id, port.device_owner)
    _check_combination(changed)
    if changed.security_groups != port.security_groups:
        await _check_groups(stores, view, changed)


async def delete(
    transaction: Transaction,
    around: Surroundings,
    view: View,
    port_id: UUID,
    revision: int | None = None,
) -> None:
    """Remove a port; its addresses are free again.

    Raises:
        PortNotFound: absent, or another project's.
        ServicePortInUse: a router or a floating IP has it.
    """

    async def work() -> None:
        async with transaction() as stores:
            port = await stores.ports.get(port_id, lock=True)
            if not access.owns(view, port):
                await access.own_port(stores, view, port_id)  # or the network is the caller's
            check_revision(port, revision)
            if port.device_owner in SERVICE_PORTS:
                raise ServicePortInUse(port.id, port.device_owner)
            await following.let_go(stores, around.ganeti, port)
            await remove(stores, port)

    await again(work)


async def remove(stores: Stores, port: Port) -> None:
    """Remove a port whose row the transaction has locked, and which no floating IP leads to."""
    await stores.addresses.release_all(port.id)
    await stores.ports.delete(port)
    await tell(stores, DELETED, [port])
