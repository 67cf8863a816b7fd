"""A project's limits with what is in use of them, and which of them a microversion knows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.compute.domain.quota import DEFAULTS, UNLIMITED
from shared.errors import BadInput

OF_NETWORKS: Final = ("fixed_ips", "floating_ips", "security_groups", "security_group_rules")
OF_FILES: Final = (
    "injected_files",
    "injected_file_content_bytes",
    "injected_file_path_bytes",
)
OF_GROUPS: Final = ("server_groups", "server_group_members")
DEFAULT_CLASS: Final = "default"

# The last minor microversion that knows of a resource; of those not named here all do.
UNTIL: Final[Mapping[str, int]] = dict.fromkeys(OF_NETWORKS, 35) | dict.fromkeys(OF_FILES, 56)
# The same for quota classes, and the first that knows of one.
CLASS_UNTIL: Final[Mapping[str, int]] = dict.fromkeys(OF_NETWORKS, 49) | dict.fromkeys(OF_FILES, 56)
CLASS_SINCE: Final[Mapping[str, int]] = dict.fromkeys(OF_GROUPS, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaSet:
    """What a project, or one user of it, may have and has."""

    of_class: Mapping[str, int] = field(default_factory=dict)  # what is set, layer by layer
    of_project: Mapping[str, int] = field(default_factory=dict)
    of_user: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)

    @property
    def defaults(self) -> dict[str, int]:
        """What a project may have of which nothing was said."""
        return {**DEFAULTS, **self.of_class}

    @property
    def project_limits(self) -> dict[str, int]:
        """What the project may have."""
        return {**self.defaults, **self.of_project}

    @property
    def limits(self) -> dict[str, int]:
        """What the user may have; the project, when no user is meant."""
        return {**self.project_limits, **self.of_user}


def require_possible(
    wanted: Mapping[str, int], known: QuotaSet, *, force: bool, of_user: bool
) -> None:
    """Let new limits pass that are not below what is in use, nor above the project's own.

    Args:
        wanted: the new limits.
        known: what there is.
        force: whether they may be below what is in use.
        of_user: whether they are one user's.

    Raises:
        BadInput: one is; says which.
    """
    for name, limit in wanted.items():
        used, most = known.used.get(name, 0), known.project_limits[name]
        if not force and limit != UNLIMITED and limit < used:
            raise BadInput(
                f"Quota limit {limit} for {name} must be greater than or equal to "
                f"already used and reserved {used}."
            )
        if of_user and most != UNLIMITED and not 0 <= limit <= most:
            raise BadInput(f"Quota limit {limit} for {name} must be less than or equal to {most}.")


def known_in(
    limits: Mapping[str, int],
    minor: int,
    until: Mapping[str, int] = UNTIL,
    since: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Return the limits that a minor microversion knows of."""
    first = since or {}
    return {
        name: limit
        for name, limit in sorted(limits.items())
        if first.get(name, 0) <= minor <= until.get(name, minor)
    }
