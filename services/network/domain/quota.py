"""How much a project may have."""

from collections.abc import Mapping, Sequence
from typing import Final

from shared.errors import OverQuota as Exceeded

UNLIMITED: Final = -1
DEFAULTS: Final[Mapping[str, int]] = {
    "network": 100,
    "subnet": 100,
    "subnetpool": -1,
    "port": 500,
    "router": 10,
    "floatingip": 50,
    "security_group": 10,
    "security_group_rule": 100,
    "rbac_policy": 10,
    "address_group": 10,
}


class OverQuota(Exceeded):
    """The project's limit is reached (409 in Neutron)."""

    code = "network.over_quota"

    def __init__(self, resources: Sequence[str]) -> None:
        super().__init__(f"Quota exceeded for resources: {list(resources)}.")


def check(resource: str, *, limit: int, used: int, more: int) -> None:
    """Refuse more than the limit.

    Raises:
        OverQuota: it would be more.
    """
    if limit != UNLIMITED and used + more > limit:
        raise OverQuota([resource])
