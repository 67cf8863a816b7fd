"""What a token is good for, read from Keystone's answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.identity.access_rules import AccessRule
from shared.identity.caller import Caller
from shared.ids import ProjectId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A valid token: who holds it, until when, and for what."""

    caller: Caller
    expires_at: datetime
    access_rules: tuple[AccessRule, ...] | None = None  # None: everything


def grant_of(token: str, said: Mapping[str, Any]) -> Grant:
    """Return the grant that Keystone describes.

    Roles count only inside a project: a role in a domain or in the system gives nothing here,
    as the default policies of all four APIs say.
    """
    user, project = said["user"], said.get("project") or {}
    roles = frozenset(role["name"].lower() for role in said.get("roles", ())) if project else ()
    rules = (said.get("application_credential") or {}).get("access_rules")
    return Grant(
        caller=Caller(
            user_id=UserId(user["id"]),
            user_name=user["name"],
            user_domain_id=user["domain"]["id"],
            project_id=ProjectId(project.get("id", "")),
            project_name=project.get("name", ""),
            project_domain_id=(project.get("domain") or {}).get("id", ""),
            roles=frozenset(roles),
            token=token,
            system_scope=bool(said.get("system")),
            domain_id=(said.get("domain") or {}).get("id"),
        ),
        expires_at=datetime.fromisoformat(said["expires_at"]),
        access_rules=None if rules is None else tuple(AccessRule.of(rule) for rule in rules),
    )
