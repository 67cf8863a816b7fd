"""Who may ask us, until 2.35, for what other services have; those decide what is seen."""

from typing import Final

from shared.identity.policy import PROJECT_MEMBER_OR_ADMIN, PROJECT_READER_OR_ADMIN, PolicyRule

READER, MEMBER = PROJECT_READER_OR_ADMIN, PROJECT_MEMBER_OR_ADMIN
GROUPS: Final = "/os-security-groups"
RULES_PATH: Final = "/os-security-group-rules"


def _rule(name: str, check: str, description: str, operation: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:{name}", check, description, (operation,))


RULES: Final = (
    _rule("os-security-groups:get", READER, "List groups.", f"GET {GROUPS}"),
    _rule("os-security-groups:show", READER, "Show a group.", f"GET {GROUPS}/{{id}}"),
    _rule("os-security-groups:create", MEMBER, "Make a group.", f"POST {GROUPS}"),
    _rule("os-security-groups:update", MEMBER, "Change a group.", f"PUT {GROUPS}/{{id}}"),
    _rule("os-security-groups:delete", MEMBER, "Delete a group.", f"DELETE {GROUPS}/{{id}}"),
    _rule("os-security-groups:rule:create", MEMBER, "Make a rule.", f"POST {RULES_PATH}"),
    _rule("os-security-groups:rule:delete", MEMBER, "Delete one.", f"DELETE {RULES_PATH}/{{id}}"),
    _rule("os-networks:list", READER, "List networks.", "GET /os-networks"),
    _rule("os-networks:show", READER, "Show a network.", "GET /os-networks/{id}"),
    _rule("os-tenant-networks:list", READER, "List networks.", "GET /os-tenant-networks"),
    _rule("os-tenant-networks:show", READER, "Show a network.", "GET /os-tenant-networks/{id}"),
)
