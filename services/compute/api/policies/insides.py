"""Who may look inside servers, by upstream's names and defaults."""

from typing import Final

from shared.identity.policy import (
    ADMIN,
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    SERVICE_OR_ADMIN,
    PolicyRule,
)

ONE: Final = "/servers/{server_id}"
PASSWORD: Final = f"{ONE}/os-server-password"


def _rule(name: str, check: str, description: str, operation: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:{name}", check, description, (operation,))


RULES: Final = (
    _rule("os-server-diagnostics", ADMIN, "See diagnostics.", f"GET {ONE}/diagnostics"),
    _rule(
        "os-server-external-events:create",
        SERVICE_OR_ADMIN,
        "Tell of servers.",
        "POST /os-server-external-events",
    ),
    _rule(
        "compute:server:topology:index",
        PROJECT_READER_OR_ADMIN,
        "See the NUMA topology.",
        f"GET {ONE}/topology",
    ),
    _rule(
        "os-server-password:show",
        PROJECT_READER_OR_ADMIN,
        "See the password a guest posted.",
        f"GET {PASSWORD}",
    ),
    _rule(
        "os-server-password:clear",
        PROJECT_MEMBER_OR_ADMIN,
        "Forget the password a guest posted.",
        f"DELETE {PASSWORD}",
    ),
)
