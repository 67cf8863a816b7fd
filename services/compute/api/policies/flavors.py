"""Who may do what with flavors, by upstream's names and defaults; everybody may list them."""

from typing import Final

from shared.identity.policy import ADMIN, PROJECT_READER_OR_ADMIN, PolicyRule

ONE: Final = "/flavors/{flavor_id}"
SPECS: Final = f"{ONE}/os-extra_specs"


def _rule(name: str, check: str, description: str, *operations: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:{name}", check, description, operations)


RULES: Final = (
    _rule("os-flavor-manage:create", ADMIN, "Create a flavor.", "POST /flavors"),
    _rule("os-flavor-manage:update", ADMIN, "Describe a flavor.", f"PUT {ONE}"),
    _rule("os-flavor-manage:delete", ADMIN, "Delete a flavor.", f"DELETE {ONE}"),
    _rule(
        "os-flavor-extra-specs:index",
        PROJECT_READER_OR_ADMIN,
        "List extra specs, also with a flavor.",
        f"GET {SPECS}",
    ),
    _rule(
        "os-flavor-extra-specs:show", PROJECT_READER_OR_ADMIN, "Show one.", f"GET {SPECS}/{{key}}"
    ),
    _rule("os-flavor-extra-specs:create", ADMIN, "Add extra specs.", f"POST {SPECS}"),
    _rule("os-flavor-extra-specs:update", ADMIN, "Set one.", f"PUT {SPECS}/{{key}}"),
    _rule("os-flavor-extra-specs:delete", ADMIN, "Drop one.", f"DELETE {SPECS}/{{key}}"),
    _rule("os-flavor-access", ADMIN, "List who may use it.", f"GET {ONE}/os-flavor-access"),
    _rule(
        "os-flavor-access:add_tenant_access", ADMIN, "Let a project use it.", f"POST {ONE}/action"
    ),
    _rule(
        "os-flavor-access:remove_tenant_access", ADMIN, "No longer let it.", f"POST {ONE}/action"
    ),
)
