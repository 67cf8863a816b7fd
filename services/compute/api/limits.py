"""The limits that users read before they ask for more."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import check_query
from services.compute.domain.quota_set import QuotaSet
from services.compute.store.quotas import quota_set
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.microversion import MICROVERSION

Amount = Callable[[QuotaSet], int]


def _limit(resource: str) -> Amount:
    return lambda known: known.project_limits[resource]


def _used(resource: str) -> Amount:
    return lambda known: known.used.get(resource, 0)


# Nova's name -> what it says, and the last minor microversion that says it.
ABSOLUTE: Final[tuple[tuple[str, Amount, int], ...]] = (
    ("maxTotalInstances", _limit("instances"), 99),
    ("maxTotalCores", _limit("cores"), 99),
    ("maxTotalRAMSize", _limit("ram"), 99),
    ("maxTotalKeypairs", _limit("key_pairs"), 99),
    ("maxServerMeta", _limit("metadata_items"), 99),
    ("maxServerGroups", _limit("server_groups"), 99),
    ("maxServerGroupMembers", _limit("server_group_members"), 99),
    ("totalInstancesUsed", _used("instances"), 99),
    ("totalCoresUsed", _used("cores"), 99),
    ("totalRAMUsed", _used("ram"), 99),
    ("totalServerGroupsUsed", _used("server_groups"), 99),
    ("maxTotalFloatingIps", _limit("floating_ips"), 35),
    ("totalFloatingIpsUsed", _used("floating_ips"), 35),
    ("maxSecurityGroups", _limit("security_groups"), 35),
    ("totalSecurityGroupsUsed", _used("security_groups"), 35),
    ("maxSecurityGroupRules", _limit("security_group_rules"), 35),
    ("maxImageMeta", _limit("metadata_items"), 38),
    ("maxPersonality", _limit("injected_files"), 56),
    ("maxPersonalitySize", _limit("injected_file_content_bytes"), 56),
)


async def show_limits(request: web.Request) -> web.Response:
    """Return what a project may have and has."""
    check_query(request, "tenant_id", "reserved")
    deps, caller = request.app[DEPS], request[CALLER]
    deps.policy.require(caller, "os_compute_api:limits")
    project_id = request.query.get("tenant_id") or caller.project_id
    if project_id != caller.project_id:
        deps.policy.require(caller, "os_compute_api:limits:other_project")
    known = await quota_set(deps.reads, project_id)
    minor = request[MICROVERSION].minor
    absolute = {name: amount(known) for name, amount, until in ABSOLUTE if minor <= until}
    return answer({"limits": {"rate": [], "absolute": absolute}})


ROUTES: Final = [web.get("/limits", show_limits)]
