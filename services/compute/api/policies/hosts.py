"""Who may look at zones, services and hypervisors, by upstream's names and defaults."""

from typing import Final

from shared.identity.policy import ADMIN, ANYONE, PolicyRule

ZONES: Final = "/os-availability-zone"
HYPERVISORS: Final = "/os-hypervisors"
ONE: Final = f"{HYPERVISORS}/{{hypervisor_id}}"


def _rule(name: str, check: str, description: str, *operations: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:{name}", check, description, operations)


RULES: Final = (
    _rule("os-availability-zone:list", ANYONE, "List zones.", f"GET {ZONES}"),
    _rule("os-availability-zone:detail", ADMIN, "With hosts.", f"GET {ZONES}/detail"),
    _rule("os-services:list", ADMIN, "List services.", "GET /os-services"),
    _rule("os-services:update", ADMIN, "Change a service.", "PUT /os-services/{service_id}"),
    _rule("os-services:delete", ADMIN, "Delete a service.", "DELETE /os-services/{service_id}"),
    _rule("os-hosts:list", ADMIN, "List hosts.", "GET /os-hosts"),
    _rule("os-hosts:show", ADMIN, "Show a host.", "GET /os-hosts/{host}"),
    _rule("os-hosts:update", ADMIN, "Switch a host.", "PUT /os-hosts/{host}"),
    _rule("os-hypervisors:list", ADMIN, "List hypervisors.", f"GET {HYPERVISORS}"),
    _rule("os-hypervisors:list-detail", ADMIN, "In detail.", f"GET {HYPERVISORS}/detail"),
    _rule("os-hypervisors:show", ADMIN, "Show one.", f"GET {ONE}"),
    _rule("os-hypervisors:statistics", ADMIN, "Add them up.", f"GET {HYPERVISORS}/statistics"),
    _rule("os-hypervisors:uptime", ADMIN, "Since when it runs.", f"GET {ONE}/uptime"),
    _rule("os-hypervisors:search", ADMIN, "Find by name.", f"GET {ONE}/search"),
    _rule("os-hypervisors:servers", ADMIN, "With servers.", f"GET {ONE}/servers"),
)
