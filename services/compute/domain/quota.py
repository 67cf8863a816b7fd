"""How much a project may have, and what is said when it asks for more."""

from collections.abc import Mapping
from typing import Final

from shared.errors import OverQuota

UNLIMITED: Final = -1

# What a project may have unless an administrator said otherwise (Nova's own defaults).
DEFAULTS: Final[Mapping[str, int]] = {
    "instances": 10,
    "cores": 20,
    "ram": 51200,  # MiB
    "metadata_items": 128,
    "key_pairs": 100,  # of a user
    "server_groups": 10,
    "server_group_members": 10,
    "injected_files": 5,
    "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255,
    "floating_ips": 10,
    "fixed_ips": UNLIMITED,
    "security_groups": 10,
    "security_group_rules": 20,
}


class QuotaExceeded(OverQuota):
    """The project asks for more than it may have."""

    code = "compute.quota.exceeded"


def over(
    wanted: Mapping[str, int], used: Mapping[str, int], limits: Mapping[str, int]
) -> list[str]:
    """Return the resources of which there would be too many."""
    return [
        name
        for name, more in wanted.items()
        if limits[name] != UNLIMITED and more > 0 and used.get(name, 0) + more > limits[name]
    ]


def require(wanted: Mapping[str, int], used: Mapping[str, int], limits: Mapping[str, int]) -> None:
    """Let what is wanted pass if it fits.

    Raises:
        QuotaExceeded: some of it does not; says which, and how much there is.
    """
    if not (exceeded := sorted(over(wanted, used, limits))):
        return

    def listed(amounts: Mapping[str, int]) -> str:
        return ", ".join(str(amounts.get(name, 0)) for name in exceeded)

    names = ", ".join(exceeded)
    raise QuotaExceeded(
        f"Quota exceeded for {names}: Requested {listed(wanted)}, "
        f"but already used {listed(used)} of {listed(limits)} {names}"
    )
