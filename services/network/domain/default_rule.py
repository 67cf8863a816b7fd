"""The rules that new security groups begin with, as administrators write them down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from typing_extensions import override

from services.network.domain.resource import Json, Resource, text_of
from services.network.domain.security_group import (
    DEFAULT_DESCRIPTION,
    DEFAULT_NAME,
    SecurityGroup,
    SecurityGroupRule,
)
from shared.errors import Conflict, NotFound
from shared.ids import new_uuid

PARENT: Final = "PARENT"  # the members of the group itself, whichever it will be


class DefaultSecurityGroupRuleNotFound(NotFound):
    """No such rule."""

    code = "network.default_rule.not_found"

    def __init__(self, rule_id: object) -> None:
        super().__init__(f"Default Security Group rule {rule_id} does not exist.")


class DefaultSecurityGroupRuleExists(Conflict):
    """There is such a rule."""

    code = "network.default_rule.exists"

    def __init__(self, rule_id: object) -> None:
        super().__init__(f"Default Security Group rule already exists. Rule id is {rule_id}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRule(Resource):
    """One thing that new groups allow: the default ones of projects, the others, or both."""

    direction: str
    ethertype: str = "IPv4"
    protocol: str | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    among_members: bool = False
    remote_address_group_id: UUID | None = None
    used_in_default_sg: bool = False
    used_in_non_default_sg: bool = True

    def is_for(self, *, is_default: bool) -> bool:
        """Whether such groups begin with it."""
        return self.used_in_default_sg if is_default else self.used_in_non_default_sg

    def says_as(self, other: "DefaultRule") -> bool:
        """Whether some group would begin with both, and they allow the same."""
        both = (self.used_in_default_sg and other.used_in_default_sg) or (
            self.used_in_non_default_sg and other.used_in_non_default_sg
        )
        return both and self.fingerprint == other.fingerprint

    @property
    def fingerprint(self) -> str:
        """What it allows, whichever group begins with it."""
        sample = self.rule_of(UUID(int=0), "", is_default=False, now=self.created_at)
        return sample.fingerprint

    def rule_of(
        self, group_id: UUID, project_id: str, *, is_default: bool, now: datetime
    ) -> SecurityGroupRule:
        """Return the rule of a group that begins with it."""
        return SecurityGroupRule(
            id=new_uuid(),
            project_id=project_id,
            created_at=now,
            updated_at=now,
            group_id=group_id,
            direction=self.direction,
            ethertype=self.ethertype,
            protocol=self.protocol,
            port_range_min=self.port_range_min,
            port_range_max=self.port_range_max,
            remote_ip_prefix=self.remote_ip_prefix,
            remote_group_id=group_id if self.among_members else None,
            remote_address_group_id=self.remote_address_group_id,
            of_default_group=is_default,
        )

    @override
    def document(self) -> Json:
        """Return the rule as everybody sees it."""
        return {
            "id": str(self.id),
            "description": self.description,
            "direction": self.direction,
            "ethertype": self.ethertype,
            "protocol": self.protocol,
            "port_range_min": self.port_range_min,
            "port_range_max": self.port_range_max,
            "remote_ip_prefix": self.remote_ip_prefix,
            "remote_group_id": PARENT if self.among_members else None,
            "remote_address_group_id": text_of(self.remote_address_group_id),
            "used_in_default_sg": self.used_in_default_sg,
            "used_in_non_default_sg": self.used_in_non_default_sg,
        }


def first_rules(
    known: Iterable[DefaultRule],
    group_id: UUID,
    project_id: str,
    *,
    is_default: bool,
    now: datetime,
) -> tuple[SecurityGroupRule, ...]:
    """Return the rules a new group begins with."""
    return tuple(
        each.rule_of(group_id, project_id, is_default=is_default, now=now)
        for each in known
        if each.is_for(is_default=is_default)
    )


def default_group(known: Iterable[DefaultRule], project_id: str, now: datetime) -> SecurityGroup:
    """Return the group every project has."""
    group_id = new_uuid()
    return SecurityGroup(
        id=group_id,
        project_id=project_id,
        name=DEFAULT_NAME,
        description=DEFAULT_DESCRIPTION,
        is_default=True,
        rules=first_rules(known, group_id, project_id, is_default=True, now=now),
        created_at=now,
        updated_at=now,
    )
