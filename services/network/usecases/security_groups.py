"""What the service does with security groups and their rules. Each verb is one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.network.domain.default_rule import first_rules
from services.network.domain.errors import (
    SecurityGroupCannotRemoveDefault,
    SecurityGroupCannotUpdateDefault,
    SecurityGroupDefaultAlreadyExists,
    SecurityGroupNotFound,
    SecurityGroupRuleExists,
    SecurityGroupRuleInvalid,
    SecurityGroupRuleNotFound,
)
from services.network.domain.resource import View
from services.network.domain.rule_check import check_rule
from services.network.domain.security_group import (
    DEFAULT_NAME,
    SecurityGroup,
    SecurityGroupRule,
)
from services.network.store.stores import Stores, Transaction
from services.network.usecases import access, address_groups
from services.network.usecases.news import again, check_revision, tell
from shared.clock import utcnow
from shared.contracts.resources import CREATED, DELETED, UPDATED
from shared.ids import new_uuid


async def have_default(transaction: Transaction, project_id: str) -> bool:
    """Have the project's default group; return whether it was made just now."""
    if not project_id:
        return False

    async def work() -> bool:
        async with transaction() as stores:
            return await _have_default(stores, project_id)

    return await again(work)


async def _have_default(stores: Stores, project_id: str) -> bool:
    _group_id, made = await stores.groups.default_of(project_id)
    if made is not None:
        await tell(stores, CREATED, [made])
    return made is not None


async def create(
    transaction: Transaction, drafts: Sequence[Mapping[str, Any]]
) -> list[SecurityGroup]:
    """Create security groups; each begins with the rules administrators wrote down for such.

    Raises:
        SecurityGroupDefaultAlreadyExists: the name is the default group's.
        OverQuota: the project may not have so many.
    """

    async def work() -> list[SecurityGroup]:
        async with transaction() as stores:
            made = [await _create(stores, draft) for draft in drafts]
            await tell(stores, CREATED, made)
            return made

    return await again(work)


async def _create(stores: Stores, draft: Mapping[str, Any]) -> SecurityGroup:
    project_id = draft["project_id"]
    await _have_default(stores, project_id)
    if draft.get("name") == DEFAULT_NAME:
        raise SecurityGroupDefaultAlreadyExists
    await stores.quotas.reserve(project_id, "security_group")
    now = utcnow()
    group_id = new_uuid()
    first = await stores.default_rules.every()
    rules = first_rules(first, group_id, project_id, is_default=False, now=now)
    group = SecurityGroup(id=group_id, created_at=now, updated_at=now, rules=rules, **draft)
    await stores.groups.add(group)
    await stores.rules.add(*rules)
    return group


async def update(
    transaction: Transaction,
    view: View,
    group_id: UUID,
    changes: Mapping[str, Any],
    revision: int | None = None,
) -> SecurityGroup:
    """Change a security group's name or description.

    Raises:
        SecurityGroupNotFound: absent, or another project's.
        SecurityGroupCannotUpdateDefault: it would lose or take the default group's name.
    """

    async def work() -> SecurityGroup:
        async with transaction() as stores:
            group = await access.own_group(stores, view, group_id)
            check_revision(group, revision)
            name = changes.get("name", group.name)
            if name != group.name and DEFAULT_NAME in {name, group.name}:
                raise SecurityGroupCannotUpdateDefault
            saved = await stores.groups.save(replace(group, **changes))
            await tell(stores, UPDATED, [saved])
            return saved

    return await again(work)


async def delete(
    transaction: Transaction, view: View, group_id: UUID, revision: int | None = None
) -> None:
    """Remove a security group with its rules.

    Raises:
        SecurityGroupNotFound: absent, or another project's.
        SecurityGroupCannotRemoveDefault: only administrators remove a default group.
        SecurityGroupInUse: a port is in it.
    """

    async def work() -> None:
        async with transaction() as stores:
            group = await access.own_group(stores, view, group_id)
            check_revision(group, revision)
            if group.is_default and not view.everything:
                raise SecurityGroupCannotRemoveDefault
            others = await stores.rules.of_others_about(group_id)
            await stores.rbac.drop(group_id)
            await stores.groups.delete(group)
            await _touch(stores, others)
            await tell(stores, DELETED, [group])

    await again(work)


async def _touch(stores: Stores, group_ids: Sequence[UUID]) -> None:
    """Write groups anew whose rules changed under them."""
    for group_id in group_ids:
        group = await stores.groups.whole(group_id)
        await tell(stores, UPDATED, [await stores.groups.save(group)])


async def create_rules(
    transaction: Transaction, view: View, drafts: Sequence[Mapping[str, Any]]
) -> list[SecurityGroupRule]:
    """Add rules to one security group.

    Raises:
        SecurityGroupNotFound: absent, or another project's.
        SecurityGroupRuleInvalid: a rule contradicts itself, or the rules are of several groups.
        SecurityGroupRuleExists: the group has such a rule.
        OverQuota: the project may not have so many.
    """
    if len({draft["group_id"] for draft in drafts}) > 1:
        raise SecurityGroupRuleInvalid(
            "Only allowed to update rules for one security profile at a time",
            name="SecurityGroupNotSingleGroupRules",
        )

    async def work() -> list[SecurityGroupRule]:
        async with transaction() as stores:
            group = await access.own_group(stores, view, drafts[0]["group_id"])
            await stores.quotas.reserve(group.project_id, "security_group_rule", len(drafts))
            made = [await _create_rule(stores, view, group, draft) for draft in drafts]
            saved = await stores.groups.save(replace(group, rules=(*group.rules, *made)))
            await tell(stores, UPDATED, [saved])
            return made

    return await again(work)


async def _create_rule(
    stores: Stores, view: View, group: SecurityGroup, draft: Mapping[str, Any]
) -> SecurityGroupRule:
    now = utcnow()
    given = {**draft, "project_id": group.project_id, "of_default_group": group.is_default}
    rule = SecurityGroupRule(id=new_uuid(), created_at=now, updated_at=now, **given)
    check_rule(rule)
    remote = [] if rule.remote_group_id is None else [rule.remote_group_id]
    if remote and not await access.usable_groups(stores, view, remote, view.project_id):
        raise SecurityGroupNotFound(rule.remote_group_id)
    if rule.remote_address_group_id is not None:
        await address_groups.require_usable(stores, view, rule.remote_address_group_id)
    if (twin := await stores.rules.twin_of(rule)) is not None:
        raise SecurityGroupRuleExists(twin)
    await stores.rules.add(rule)
    return rule


async def delete_rule(
    transaction: Transaction, view: View, rule_id: UUID, revision: int | None = None
) -> None:
    """Take a rule out of its group.

    Raises:
        SecurityGroupRuleNotFound: absent, or another project's.
    """

    async def work() -> None:
        async with transaction() as stores:
            found = await stores.rules.get(rule_id)
            if not access.owns(view, found):
                raise SecurityGroupRuleNotFound(rule_id)
            group = await stores.groups.whole(found.group_id)
            rule = await stores.rules.get(rule_id)
            check_revision(rule, revision)
            await stores.rules.delete(rule)
            left = tuple(each for each in group.rules if each.id != rule_id)
            saved = await stores.groups.save(replace(group, rules=left))
            await tell(stores, UPDATED, [saved])

    await again(work)
