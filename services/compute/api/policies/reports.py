"""Who may read what compute tells about itself and what was used of it."""

from typing import Final

from shared.identity.policy import ADMIN, ANYONE, PROJECT_READER_OR_ADMIN, PolicyRule

USAGE: Final = "/os-simple-tenant-usage"


def _rule(name: str, check: str, description: str, *operations: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:{name}", check, description, operations)


RULES: Final = (
    _rule("extensions", ANYONE, "List extensions.", "GET /extensions"),
    _rule("os-simple-tenant-usage:list", ADMIN, "What all projects used.", f"GET {USAGE}"),
    _rule(
        "os-simple-tenant-usage:show",
        PROJECT_READER_OR_ADMIN,
        "What a project used.",
        f"GET {USAGE}/{{project}}",
    ),
    _rule(
        "os-instance-usage-audit-log:list",
        ADMIN,
        "See the last audit of usage.",
        "GET /os-instance_usage_audit_log",
    ),
    _rule(
        "os-instance-usage-audit-log:show",
        ADMIN,
        "See the audit before a moment.",
        "GET /os-instance_usage_audit_log/{before}",
    ),
    _rule("os-migrations:index", ADMIN, "List moves of servers.", "GET /os-migrations"),
)
