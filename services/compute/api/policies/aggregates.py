"""Who may do what with host aggregates: administrators."""

from typing import Final

from shared.identity.policy import ADMIN, PolicyRule

ALL: Final = "/os-aggregates"
ONE: Final = f"{ALL}/{{aggregate_id}}"


def _rule(verb: str, description: str, *operations: str) -> PolicyRule:
    return PolicyRule(f"os_compute_api:os-aggregates:{verb}", ADMIN, description, operations)


RULES: Final = (
    _rule("index", "List aggregates.", f"GET {ALL}"),
    _rule("show", "Show an aggregate.", f"GET {ONE}"),
    _rule("create", "Create an aggregate.", f"POST {ALL}"),
    _rule("update", "Change an aggregate.", f"PUT {ONE}"),
    _rule("delete", "Delete an aggregate.", f"DELETE {ONE}"),
    _rule("add_host", "Put a host into it.", f"POST {ONE}/action (add_host)"),
    _rule("remove_host", "Take a host out.", f"POST {ONE}/action (remove_host)"),
    _rule("set_metadata", "Change its metadata.", f"POST {ONE}/action (set_metadata)"),
    PolicyRule("compute:aggregates:images", ADMIN, "Cache images.", (f"POST {ONE}/images",)),
)
