"""Every policy rule of compute, joined; each resource keeps its own in ``api/policies``."""

from typing import Final

from services.compute.api.policies import (
    aggregates,
    consoles,
    devices,
    flavors,
    hosts,
    insides,
    keypairs,
    lifecycle,
    proxies,
    quotas,
    reports,
    server_groups,
    servers,
)
from shared.identity.policy import PolicyRule

RULES: Final[tuple[PolicyRule, ...]] = (
    *servers.RULES,
    *lifecycle.RULES,
    *flavors.RULES,
    *keypairs.RULES,
    *quotas.RULES,
    *proxies.RULES,
    *server_groups.RULES,
    *hosts.RULES,
    *insides.RULES,
    *reports.RULES,
    *aggregates.RULES,
    *devices.RULES,
    *consoles.RULES,
)
