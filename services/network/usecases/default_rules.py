"""What administrators do with the rules that new security groups begin with."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.network.domain.default_rule import DefaultRule, DefaultSecurityGroupRuleExists
from services.network.domain.resource import View
from services.network.domain.rule_check import check_rule
from services.network.store.stores import Stores, Transaction
from services.network.usecases import address_groups
from services.network.usecases.news import again
from shared.clock import utcnow
from shared.ids import new_uuid


async def create(
    transaction: Transaction, view: View, drafts: Sequence[Mapping[str, Any]]
) -> list[DefaultRule]:
    """Have new groups begin with more rules, all or none.

    Raises:
        SecurityGroupRuleInvalid: a rule contradicts itself.
        AddressGroupNotFound: it speaks of one that is not there.
        DefaultSecurityGroupRuleExists: there is such a rule.
    """

    async def work() -> list[DefaultRule]:
        async with transaction() as stores:
            return [await _create(stores, view, draft) for draft in drafts]

    return await again(work)


async def _create(stores: Stores, view: View, draft: Mapping[str, Any]) -> DefaultRule:
    now = utcnow()
    rule = DefaultRule(id=new_uuid(), created_at=now, updated_at=now, **draft)
    rule = replace(rule, project_id="")  # it is nobody's
    check_rule(rule.rule_of(rule.id, "", is_default=False, now=now))
    if rule.remote_address_group_id is not None:
        await address_groups.require_usable(stores, view, rule.remote_address_group_id)
    for each in await stores.default_rules.every():
        if each.says_as(rule):
            raise DefaultSecurityGroupRuleExists(each.id)
    await stores.default_rules.add(rule)
    return rule


async def delete(transaction: Transaction, rule_id: UUID) -> None:
    """Have new groups begin with one rule less; groups that are there keep theirs.

    Raises:
        DefaultSecurityGroupRuleNotFound: there is none.
    """
    async with transaction() as stores:
        await stores.default_rules.delete(await stores.default_rules.get(rule_id, lock=True))
