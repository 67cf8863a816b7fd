"""Handlers of /v2.0/security-groups and /v2.0/security-group-rules."""

from typing import Final

import orjson
from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import (
    Collection,
    list_resources,
    read_page,
    send_page,
    show_resource,
)
from services.network.api.paths import id_in, revision_in
from services.network.api.schemas.security_groups import RULE, SECURITY_GROUP
from services.network.api.writing import changes_in, created, drafts_in, updated
from services.network.domain.errors import SecurityGroupNotFound, SecurityGroupRuleNotFound
from services.network.domain.security_group import DEFAULT_NAME
from services.network.store.listings import RULES, SECURITY_GROUPS
from services.network.usecases import security_groups
from shared.web.answers import answer_nothing

GROUPS: Final = Collection(
    singular="security_group",
    plural="security_groups",
    listing=SECURITY_GROUPS,
    missing=SecurityGroupNotFound,
)
GROUP_RULES: Final = Collection(
    singular="security_group_rule",
    plural="security_group_rules",
    listing=RULES,
    missing=SecurityGroupRuleNotFound,
)


async def list_security_groups(request: web.Request) -> web.Response:
    """List security groups; the project's default one comes into being if nobody looked yet."""
    require(request, "get_security_group")
    asked, found = await read_page(request, GROUPS)
    project_id = view_of(request).project_id
    if not any(_is_default_of(each, project_id) for each in found):
        made = await security_groups.have_default(request.app[DEPS].transaction, project_id)
        if made:
            asked, found = await read_page(request, GROUPS)
    return send_page(request, GROUPS, asked, found)


def _is_default_of(document: str, project_id: str) -> bool:
    if f'"name":"{DEFAULT_NAME}"' not in document:
        return False
    group = orjson.loads(document)
    return bool(group["name"] == DEFAULT_NAME and group["project_id"] == project_id)


async def show_security_group(request: web.Request) -> web.Response:
    """Show a security group."""
    return await show_resource(request, GROUPS)


async def create_security_groups(request: web.Request) -> web.Response:
    """Create a security group, or several."""
    drafts, is_bulk = await drafts_in(request, SECURITY_GROUP)
    made = await security_groups.create(request.app[DEPS].transaction, drafts)
    return created(request, SECURITY_GROUP, made, is_bulk=is_bulk)


async def update_security_group(request: web.Request) -> web.Response:
    """Change a security group."""
    group_id = id_in(request, SecurityGroupNotFound)
    changes = await changes_in(request, SECURITY_GROUP)
    saved = await security_groups.update(
        request.app[DEPS].transaction, view_of(request), group_id, changes, revision_in(request)
    )
    return updated(request, SECURITY_GROUP, saved)


async def delete_security_group(request: web.Request) -> web.Response:
    """Remove a security group."""
    require(request, "delete_security_group")
    group_id = id_in(request, SecurityGroupNotFound)
    await security_groups.delete(
        request.app[DEPS].transaction, view_of(request), group_id, revision_in(request)
    )
    return answer_nothing()


async def list_security_group_rules(request: web.Request) -> web.Response:
    """List rules of security groups."""
    return await list_resources(request, GROUP_RULES)


async def show_security_group_rule(request: web.Request) -> web.Response:
    """Show a rule."""
    return await show_resource(request, GROUP_RULES)


async def create_security_group_rules(request: web.Request) -> web.Response:
    """Add a rule to a security group, or several."""
    drafts, is_bulk = await drafts_in(request, RULE)
    made = await security_groups.create_rules(
        request.app[DEPS].transaction, view_of(request), drafts
    )
    return created(request, RULE, made, is_bulk=is_bulk)


async def delete_security_group_rule(request: web.Request) -> web.Response:
    """Take a rule out of its group."""
    require(request, "delete_security_group_rule")
    rule_id = id_in(request, SecurityGroupRuleNotFound)
    await security_groups.delete_rule(
        request.app[DEPS].transaction, view_of(request), rule_id, revision_in(request)
    )
    return answer_nothing()
