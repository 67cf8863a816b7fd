"""Handlers of /v2.0/default-security-group-rules."""

from typing import Final

from aiohttp import web

from services.network.api.deps import DEPS, require, view_of
from services.network.api.listing import Collection, list_resources, show_resource
from services.network.api.paths import id_in
from services.network.api.schemas.security_groups import DEFAULT_RULE
from services.network.api.writing import created, drafts_in
from services.network.domain.default_rule import DefaultSecurityGroupRuleNotFound
from services.network.store.listings import DEFAULT_RULES
from services.network.usecases import default_rules
from shared.web.answers import answer_nothing

WHAT: Final = Collection(
    singular="default_security_group_rule",
    plural="default_security_group_rules",
    listing=DEFAULT_RULES,
    missing=DefaultSecurityGroupRuleNotFound,
)


async def list_default_rules(request: web.Request) -> web.Response:
    """List the rules that new security groups begin with."""
    return await list_resources(request, WHAT)


async def show_default_rule(request: web.Request) -> web.Response:
    """Show one of them."""
    return await show_resource(request, WHAT)


async def create_default_rules(request: web.Request) -> web.Response:
    """Have new groups begin with one more, or several."""
    drafts, is_bulk = await drafts_in(request, DEFAULT_RULE)
    made = await default_rules.create(request.app[DEPS].transaction, view_of(request), drafts)
    return created(request, DEFAULT_RULE, made, is_bulk=is_bulk)


async def delete_default_rule(request: web.Request) -> web.Response:
    """Have new groups begin with one less."""
    require(request, "delete_default_security_group_rule")
    rule_id = id_in(request, DefaultSecurityGroupRuleNotFound)
    await default_rules.delete(request.app[DEPS].transaction, rule_id)
    return answer_nothing()
