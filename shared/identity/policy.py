"""Who may do what: upstream's rule names and mini-language, evaluated without touching a file.

Rules are written as ``policy.yaml`` files write them and read by oslo.policy's own parser; what it
parses is turned into plain predicates once, because its ``Enforcer`` looks at the file system on
every call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.errors import NotAllowed
from shared.identity.caller import Caller
from shared.identity.checks import Predicate, compile_rules
from shared.logs import get_logger

log = get_logger(__name__)

ADMIN: Final = "rule:context_is_admin"
ANYONE: Final = "@"
NOBODY: Final = "!"
SERVICE: Final = "rule:service_api"
SERVICE_OR_ADMIN: Final = "rule:service_or_admin"
PROJECT_READER: Final = "rule:project_reader_api"
PROJECT_MEMBER: Final = "rule:project_member_api"
PROJECT_MANAGER: Final = "rule:project_manager_api"
PROJECT_READER_OR_ADMIN: Final = "rule:project_reader_or_admin"
PROJECT_MEMBER_OR_ADMIN: Final = "rule:project_member_or_admin"
PROJECT_MANAGER_OR_ADMIN: Final = "rule:project_manager_or_admin"
PROJECT_READER_OR_SERVICE_OR_ADMIN: Final = f"{PROJECT_READER_OR_ADMIN} or {SERVICE}"
PROJECT_MEMBER_OR_SERVICE_OR_ADMIN: Final = f"{PROJECT_MEMBER_OR_ADMIN} or {SERVICE}"
OWNER_OR_ADMIN: Final = "rule:context_is_admin or user_id:%(user_id)s"


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule as it ships; operators may override its check."""

    name: str
    check: str
    description: str = ""
    operations: tuple[str, ...] = ()  # "POST /servers"


BASE_RULES: Final = (
    PolicyRule("context_is_admin", "role:admin", "Acts in every project."),
    PolicyRule("admin_api", ADMIN, "Nova's name for the same."),
    PolicyRule("admin_required", ADMIN, "Glance's and Keystone's name for the same."),
    PolicyRule("service_api", "role:service or service_roles:service", "One of our services."),
    PolicyRule("service_or_admin", f"{SERVICE} or {ADMIN}"),
    PolicyRule("project_reader_api", "role:reader and project_id:%(project_id)s"),
    PolicyRule("project_member_api", "role:member and project_id:%(project_id)s"),
    PolicyRule("project_manager_api", "role:manager and project_id:%(project_id)s"),
    PolicyRule("project_reader_or_admin", f"{PROJECT_READER} or {ADMIN}"),
    PolicyRule("project_member_or_admin", f"{PROJECT_MEMBER} or {ADMIN}"),
    PolicyRule("project_manager_or_admin", f"{PROJECT_MANAGER} or {ADMIN}"),
    PolicyRule("admin_or_owner", f"{ADMIN} or project_id:%(project_id)s", "Before roles existed."),
)


@dataclass(frozen=True, slots=True)
class Denial:
    """How a family words a refusal."""

    text: str  # with ``{rule}``
    name: str = "Forbidden"


NOVA_DENIAL: Final = Denial("Policy doesn't allow {rule} to be performed.")
CINDER_DENIAL: Final = NOVA_DENIAL
NEUTRON_DENIAL: Final = Denial("rule:{rule} is disallowed by policy", "PolicyNotAuthorized")
GLANCE_DENIAL: Final = Denial("You are not authorized to complete {rule} action.")


class Policy:
    """The rules of one service."""

    def __init__(
        self,
        rules: Sequence[PolicyRule],
        *,
        denial: Denial = NOVA_DENIAL,
        overrides: Path | None = None,
    ) -> None:
        """Read the rules.

        Args:
            rules: the service's own; ``BASE_RULES`` are always there.
            denial: how a refusal is worded.
            overrides: an operator's ``policy.yaml``: rule name to check.

        Raises:
            ValueError: a rule cannot be read, names a rule that is not there, or calls the net.
        """
        self._defaults = {rule.name: rule.check for rule in (*BASE_RULES, *rules)}
        self._denial = denial
        self._overrides = overrides
        self._predicates: Mapping[str, Predicate] = {}
        self.reload()

    def reload(self) -> None:
        """Read the overrides again; when they cannot be read, nothing changes.

        Raises:
            ValueError: they cannot be read.
        """
        checks = {**self._defaults, **_read(self._overrides)}
        for name in sorted(checks.keys() - self._defaults.keys()):
            log.warning("the policy file has a rule nothing here asks for", rule=name)
        self._predicates = compile_rules(checks)

    def allows(self, caller: Caller, rule: str, target: Mapping[str, Any] | None = None) -> bool:
        """Whether the caller may do this to the target.

        Args:
            caller: who asks.
            rule: by its upstream name, e.g. ``os_compute_api:servers:create``.
            target: at least ``project_id`` of the thing; the caller's own project if absent.

        Raises:
            KeyError: BUG: there is no such rule.
        """
        predicate = self._predicates[rule]
        if target is None:
            target = {"project_id": caller.project_id, "user_id": caller.user_id}
        return predicate(caller, target)

    def require(self, caller: Caller, rule: str, target: Mapping[str, Any] | None = None) -> None:
        """Let the caller pass, or not; arguments as for ``allows``.

        Raises:
            NotAllowed: in the family's words.
        """
        if not self.allows(caller, rule, target):
            raise NotAllowed(self._denial.text.format(rule=rule), name=self._denial.name)


def _read(overrides: Path | None) -> dict[str, str]:
    if overrides is None:
        return {}
    # Only here: it brings in all of oslo.config.
    from oslo_policy.policy import parse_file_contents  # noqa: PLC0415

    parsed = parse_file_contents(overrides.read_text(encoding="utf-8"))
    return {str(name): str(check) for name, check in parsed.items()}
