"""Every URL of the compute service; each handler file names its own."""

from typing import Final

from aiohttp import web

from services.compute.api import (
    absent,
    aggregates,
    availability_zones,
    consoles,
    drift,
    extensions,
    external_events,
    flavor_access,
    flavor_specs,
    flavors,
    hosts,
    hypervisors,
    images,
    instance_actions,
    interfaces,
    keypairs,
    limits,
    migrations,
    quota_classes,
    quota_sets,
    seeds,
    server_actions,
    server_create,
    server_groups,
    server_insides,
    server_metadata,
    server_migrations,
    server_nics,
    server_tags,
    server_update,
    servers,
    services,
    tenant_usage,
    usage_audit_log,
    versions,
    volume_attachments,
)
from services.compute.api.proxies import image_metadata, networks, security_groups
from shared.web.projects import in_both_forms

# Version documents: what needs no token, and no version in its path.
UNVERSIONED: Final[list[web.RouteDef]] = [*versions.ROUTES]

RESOURCES: Final = [
    *servers.ROUTES,
    *server_create.ROUTES,
    *server_update.ROUTES,
    *server_actions.ROUTES,
    *server_metadata.ROUTES,
    *server_tags.ROUTES,
    *server_nics.ROUTES,
    *volume_attachments.ROUTES,
    *interfaces.ROUTES,
    *server_insides.ROUTES,
    *instance_actions.ROUTES,
    *flavors.ROUTES,
    *flavor_specs.ROUTES,
    *flavor_access.ROUTES,
    *keypairs.ROUTES,
    *limits.ROUTES,
    *quota_sets.ROUTES,
    *quota_classes.ROUTES,
    *server_groups.ROUTES,
    *availability_zones.ROUTES,
    *hypervisors.ROUTES,
    *hosts.ROUTES,
    *services.ROUTES,
    *tenant_usage.ROUTES,
    *usage_audit_log.ROUTES,
    *extensions.ROUTES,
    *external_events.ROUTES,
    *migrations.ROUTES,
    *images.ROUTES,
    *server_migrations.ROUTES,
    *consoles.ROUTES,
    *image_metadata.ROUTES,
    *networks.ROUTES,
    *security_groups.ROUTES,
    *absent.ROUTES,
    *aggregates.ROUTES,
]
ROUTES: Final = [
    *UNVERSIONED,
    *seeds.ROUTES,
    *drift.ROUTES,
    *in_both_forms("/v2.1", RESOURCES),
    *in_both_forms("/v2", RESOURCES),  # what it was called before there were microversions
]


def is_public(request: web.Request) -> bool:
    """Whether a request needs no token: version documents and secret addresses do not."""
    if request.path.startswith(seeds.PATH):
        return True
    return request.path.rstrip("/") in {"", "/v2", "/v2.1"}
