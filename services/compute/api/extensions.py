"""The extensions of old: a list of what there is, for clients that still ask."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import name_in
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer

RULE: Final = "os_compute_api:extensions"
UPDATED: Final = "2014-12-03T00:00:00Z"
NAMESPACE: Final = "http://docs.openstack.org/compute/ext/{alias}/api/v2.1"

# Alias -> name and what it is for. Only what answers here.
EXTENSIONS: Final = {
    "extensions": ("Extensions", "This list."),
    "flavors": ("Flavors", "Sizes of servers."),
    "image-size": ("ImageSize", "Sizes of images, at the image service."),
    "ips": ("Ips", "Addresses of servers."),
    "limits": ("Limits", "What a project may have."),
    "os-admin-password": ("AdminPassword", "A password set when a server is made."),
    "os-aggregates": ("Aggregates", "Named groups of hosts."),
    "os-availability-zone": ("AvailabilityZone", "Zones that clusters are in."),
    "os-config-drive": ("ConfigDrive", "Says whether a server has one."),
    "os-console-auth-tokens": ("ConsoleAuthTokens", "What a console's token opens."),
    "os-console-output": ("ConsoleOutput", "What a server wrote to its serial line."),
    "os-consoles": ("Consoles", "Screens of servers."),
    "os-extended-availability-zone": ("ExtendedAvailabilityZone", "The zone of a server."),
    "os-extended-server-attributes": ("ExtendedServerAttributes", "Where a server is."),
    "os-extended-status": ("ExtendedStatus", "Task, state and power of a server."),
    "os-extended-volumes": ("ExtendedVolumes", "Volumes of a server."),
    "os-flavor-access": ("FlavorAccess", "Who may use a private flavor."),
    "os-flavor-extra-specs": ("FlavorExtraSpecs", "What a flavor says beyond its sizes."),
    "os-flavor-manage": ("FlavorManage", "Making and deleting flavors."),
    "os-hosts": ("Hosts", "Nodes of the clusters, as they were listed until 2.42."),
    "os-hypervisors": ("Hypervisors", "Nodes of the clusters."),
    "os-instance-actions": ("InstanceActions", "What was done to a server."),
    "os-keypairs": ("Keypairs", "Public keys of users."),
    "os-migrations": ("Migrations", "Moves of servers."),
    "os-quota-class-sets": ("QuotaClasses", "Limits of whoever was told nothing."),
    "os-quota-sets": ("Quotas", "Limits of projects and users."),
    "os-remote-consoles": ("Consoles", "Screens of servers."),
    "os-security-groups": ("SecurityGroups", "Security groups of a server."),
    "os-server-groups": ("ServerGroups", "Servers near each other, or apart."),
    "os-server-usage": ("ServerUsage", "When a server was launched and terminated."),
    "os-services": ("Services", "Compute services on the nodes."),
    "os-simple-tenant-usage": ("SimpleTenantUsage", "What projects used in a period."),
    "os-user-data": ("UserData", "Data given to a server when it is made."),
    "server-metadata": ("ServerMetadata", "Metadata of servers."),
    "servers": ("Servers", "Servers."),
    "versions": ("Versions", "The version documents."),
}


async def list_extensions(request: web.Request) -> web.Response:
    """Return every extension."""
    request.app[DEPS].policy.require(request[CALLER], RULE)
    return answer({"extensions": [_view(alias) for alias in EXTENSIONS]})


async def show_extension(request: web.Request) -> web.Response:
    """Return one extension."""
    request.app[DEPS].policy.require(request[CALLER], RULE)
    alias = name_in(request, "alias")
    if alias not in EXTENSIONS:
        raise NotFound(f"Extension {alias[:255]} could not be found.")
    return answer({"extension": _view(alias)})


def _view(alias: str) -> dict[str, Any]:
    name, description = EXTENSIONS[alias]
    return {
        "alias": alias,
        "name": name,
        "description": description,
        "links": [],
        "namespace": NAMESPACE.format(alias=alias),
        "updated": UPDATED,
    }


ROUTES: Final = [
    web.get("/extensions", list_extensions),
    web.get("/extensions/{alias}", show_extension),
]
