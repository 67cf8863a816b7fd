"""Handlers of /v2.0/rbac-policies."""

from typing import Final

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection, list_resources, show_resource
from services.network.api.paths import id_in
from services.network.api.schemas.subnet_pools import RBAC_POLICY, fitting
from services.network.api.writing import changes_in, created, drafts_in, updated
from services.network.domain.pool_errors import RbacPolicyNotFound
from services.network.store.pool_listings import RBAC_POLICIES
from services.network.usecases import sharing
from shared.web.answers import answer_nothing

WHAT: Final = Collection(
    singular="rbac_policy",
    plural="rbac_policies",
    listing=RBAC_POLICIES,
    missing=RbacPolicyNotFound,
)


async def list_rbac_policies(request: web.Request) -> web.Response:
    """List the policies of the caller's project, and those that let it use something."""
    return await list_resources(request, WHAT)


async def show_rbac_policy(request: web.Request) -> web.Response:
    """Show a policy."""
    return await show_resource(request, WHAT)


async def create_rbac_policies(request: web.Request) -> web.Response:
    """Let a project use something, or several."""
    drafts, is_bulk = await drafts_in(request, RBAC_POLICY)
    made = await sharing.create(
        request.app[DEPS].transaction, view_of(request), [fitting(draft) for draft in drafts]
    )
    return created(request, RBAC_POLICY, made, is_bulk=is_bulk)


async def update_rbac_policy(request: web.Request) -> web.Response:
    """Let another project use it instead."""
    policy_id = id_in(request, RbacPolicyNotFound)
    changes = await changes_in(request, RBAC_POLICY)
    saved = await sharing.update(
        request.app[DEPS].transaction, view_of(request), policy_id, changes
    )
    return updated(request, RBAC_POLICY, saved)


async def delete_rbac_policy(request: web.Request) -> web.Response:
    """Let a project use something no more."""
    require(request, "delete_rbac_policy")
    policy_id = id_in(request, RbacPolicyNotFound)
    await sharing.delete(request.app[DEPS].transaction, view_of(request), policy_id)
    return answer_nothing()
