"""Who may look at servers' screens and serial lines, by upstream's names and defaults."""

from typing import Final

from shared.identity.policy import PROJECT_MEMBER_OR_ADMIN, SERVICE_OR_ADMIN, PolicyRule

ONE: Final = "/servers/{server_id}"

RULES: Final = (
    PolicyRule(
        "os_compute_api:os-console-output",
        PROJECT_MEMBER_OR_ADMIN,
        "Read what a server wrote to its serial line.",
        (f"POST {ONE}/action (os-getConsoleOutput)",),
    ),
    PolicyRule(
        "os_compute_api:os-remote-consoles",
        PROJECT_MEMBER_OR_ADMIN,
        "Open a server's screen.",
        (f"POST {ONE}/remote-consoles", f"POST {ONE}/action (os-getVNCConsole)"),
    ),
    PolicyRule(
        "os_compute_api:os-console-auth-tokens",
        SERVICE_OR_ADMIN,
        "Ask what a console token opens.",
        ("GET /os-console-auth-tokens/{token}",),
    ),
)
