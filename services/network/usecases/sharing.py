"""Who else may see and use what: RBAC policies, and what they make of what they are about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from services.network.domain import rbac
from services.network.domain.pool_errors import RbacPolicyInUse, RbacPolicyNotFound
from services.network.domain.rbac import (
    AS_EXTERNAL,
    AS_SHARED,
    EVERYBODY,
    NETWORK,
    SECURITY_GROUP,
    RbacPolicy,
)
from services.network.domain.resource import Resource, View
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access
from services.network.usecases.access import PolicyNotAuthorized
from services.network.usecases.news import again, tell
from shared.clock import utcnow
from shared.contracts.resources import UPDATED
from shared.ids import new_uuid

# How a flag of the API says that everybody may.
FLAGS: Final = {AS_SHARED: "shared", AS_EXTERNAL: "external"}
NAMED: Final = {AS_SHARED: "shared_with", AS_EXTERNAL: "external_to"}


async def create(
    transaction: Transaction, view: View, drafts: Sequence[Mapping[str, Any]]
) -> list[RbacPolicy]:
    """Let projects use what is the caller's.

    Raises:
        NotFound: the object is absent, or another project's.
        PolicyNotAuthorized: only administrators share with everybody, or make external.
        DuplicateRbacPolicy: it is shared so already.
        OverQuota: the project may not have so many policies.
    """

    async def work() -> list[RbacPolicy]:
        async with transaction() as stores:
            for project in sorted({draft["project_id"] for draft in drafts}):
                more = sum(draft["project_id"] == project for draft in drafts)
                await stores.quotas.reserve(project, "rbac_policy", more)
            return [await _create(stores, view, draft) for draft in drafts]

    return await again(work)


async def _create(stores: Stores, view: View, draft: Mapping[str, Any]) -> RbacPolicy:
    policy = _policy(**draft)
    thing = await _owned_object(stores, view, policy)
    _check_rights(view, policy, "create_rbac_policy")
    await stores.rbac.add(policy)
    await _refresh(stores, policy, thing)
    return policy


def _policy(**fields: Any) -> RbacPolicy:
    now = utcnow()
    return RbacPolicy(id=new_uuid(), created_at=now, updated_at=now, **fields)


def _check_rights(view: View, policy: RbacPolicy, rule: str) -> None:
    if view.everything:
        return
    if policy.target_project == EVERYBODY:
        raise PolicyNotAuthorized(f"{rule}:target_tenant")
    if policy.action == AS_EXTERNAL:
        raise PolicyNotAuthorized(f"{rule}:action")


def _rows(stores: Stores, object_type: str) -> Any:
    return {
        NETWORK: stores.networks,
        SECURITY_GROUP: stores.groups,
        rbac.SUBNET_POOL: stores.subnet_pools,
        rbac.ADDRESS_SCOPE: stores.address_scopes,
        rbac.ADDRESS_GROUP: stores.address_groups,
    }[object_type]


async def _owned_object(stores: Stores, view: View, policy: RbacPolicy) -> Resource:
    rows = _rows(stores, policy.object_type)
    if policy.object_type == SECURITY_GROUP:
        return await access.own_group(stores, view, policy.object_id)
    thing: Resource = await rows.get(policy.object_id, lock=True)
    if not access.owns(view, thing):
        missing: Exception = rows.missing(policy.object_id)
        raise missing
    return thing


async def _refresh(stores: Stores, policy: RbacPolicy, thing: Resource) -> None:
    """Write into the object whom it is shared with now."""
    targets = await stores.rbac.targets(policy.object_id, policy.action)
    if policy.object_type == SECURITY_GROUP:
        fields: dict[str, Any] = {"shared_with": tuple(targets)}
    else:
        fields = {
            FLAGS[policy.action]: EVERYBODY in targets,
            NAMED[policy.action]: tuple(each for each in targets if each != EVERYBODY),
        }
    saved = await _rows(stores, policy.object_type).save(replace(thing, **fields))
    await tell(stores, UPDATED, [saved])


async def update(
    transaction: Transaction, view: View, policy_id: UUID, changes: Mapping[str, Any]
) -> RbacPolicy:
    """Let another project use the object instead.

    Raises:
        RbacPolicyNotFound: absent, or another project's.
        RbacPolicyInUse: the one that may now, does.
    """

    async def work() -> RbacPolicy:
        async with transaction() as stores:
            policy, thing = await _owned(stores, view, policy_id)
            changed = replace(policy, **changes)
            _check_rights(view, changed, "update_rbac_policy")
            if changed.target_project == policy.target_project:
                return policy
            saved = await stores.rbac.save(changed)
            await _check_unused(stores, policy, thing)
            await _refresh(stores, saved, thing)
            return saved

    return await again(work)


async def delete(transaction: Transaction, view: View, policy_id: UUID) -> None:
    """Let a project use the object no more.

    Raises:
        RbacPolicyNotFound: absent, or another project's.
        RbacPolicyInUse: it does use it.
    """

    async def work() -> None:
        async with transaction() as stores:
            policy, thing = await _owned(stores, view, policy_id)
            await stores.rbac.delete(policy)
            await _check_unused(stores, policy, thing)
            await _refresh(stores, policy, thing)

    await again(work)


async def _owned(stores: Stores, view: View, policy_id: UUID) -> tuple[RbacPolicy, Resource]:
    found = await stores.rbac.get(policy_id)
    if not access.owns(view, found):
        raise RbacPolicyNotFound(policy_id)
    thing = await _owned_object(stores, view, found)
    return await stores.rbac.get(policy_id, lock=True), thing


async def _check_unused(stores: Stores, policy: RbacPolicy, thing: Resource) -> None:
    """Refuse to take away what others use; the policy is gone or changed already.

    Raises:
        RbacPolicyInUse: they do.
    """
    if policy.action == AS_EXTERNAL:
        users = await stores.rbac.gateways_through(policy.object_id)
    else:
        users = await stores.rbac.users_of(policy.object_type, policy.object_id)
    left = await stores.rbac.targets(policy.object_id, policy.action)
    stranded = users - {thing.project_id, *left}
    if EVERYBODY not in left and stranded:
        raise RbacPolicyInUse(policy.object_id, f"used by {len(stranded)} other project(s)")


async def stranded(stores: Stores, object_type: str, thing: Resource) -> bool:
    """Whether others use what shall no longer be everybody's."""
    users = await stores.rbac.users_of(object_type, thing.id)
    left = await stores.rbac.targets(thing.id, AS_SHARED)
    return bool(users - {thing.project_id, *left})


async def mirror(
    stores: Stores, object_type: str, thing: Resource, before: Resource | None = None
) -> None:
    """Have policies for everybody exactly where the object's flags say so."""
    for action in rbac.ACTIONS[object_type]:
        flag = FLAGS[action]
        now = getattr(thing, flag)
        was = before is not None and getattr(before, flag)
        if now and not was:
            await stores.rbac.add(
                _policy(
                    project_id=thing.project_id,
                    object_type=object_type,
                    object_id=thing.id,
                    action=action,
                    target_project=EVERYBODY,
                )
            )
        elif was and not now:
            await stores.rbac.drop(thing.id, action, EVERYBODY)
