"""The extensions of the API that are there, and only those; what is not listed answers 404."""

from typing import Final

from aiohttp import web

from services.network.domain.errors import ExtensionNotFound
from shared.web.answers import answer

# alias: (name, what it adds)
EXTENSIONS: Final = {
    "address-group": ("Address group", "Named sets of addresses for security group rules."),
    "address-scope": ("Address scope", "Address scopes extension."),
    "agent": ("agent", "The agent management extension."),
    "allowed-address-pairs": ("Allowed Address Pairs", "Provides allowed address pairs"),
    "auto-allocated-topology": ("Auto Allocated Topology Services", "A network for the asking."),
    "availability_zone": ("Availability Zone", "The availability zone extension."),
    "availability_zone_filter": ("Availability Zone Filter Extension", "Filter zones."),
    "binding": ("Port Binding", "Expose port bindings of a virtual port to external application"),
    "default-subnetpools": ("Default Subnetpools", "Cut subnets from the default pool."),
    "dns-domain-ports": (
        "dns_domain for ports",
        "Allows the DNS domain to be specified for a port",
    ),
    "dns-integration": ("DNS Integration", "Provides integration with DNS."),
    "empty-string-filtering": ("Empty String Filtering", "Allow filtering by empty string value"),
    "expose-port-forwarding-in-fip": ("Port Forwarding in FIP", "Adds port_forwardings."),
    "ext-gw-mode": ("Neutron L3 Configurable external gateway mode", "Adds enable_snat."),
    "external-net": ("Neutron external network", "Adds external network attribute to networks."),
    "extra_dhcp_opt": ("Neutron Extra DHCP options", "Extra options configuration for DHCP."),
    "extraroute": ("Neutron Extra Route", "Extra routes configuration for L3 router"),
    "extraroute-atomic": ("Atomically add/remove extra routes", "Add and remove single routes."),
    "filter-validation": ("Filter parameters validation", "Provides validation on filters."),
    "fip-port-details": ("Floating IP Port Details Extension", "Adds port_details."),
    "floating-ip-port-forwarding": ("Floating IP Port Forwarding", "Single ports of them."),
    "floatingip-pools": ("Floating IP Pools Extension", "Lists where floating IPs come from."),
    "ip-substring-filtering": ("IP address substring filtering", "Filter ports by part of an IP."),
    "net-mtu": ("Network MTU", "Provides MTU attribute for a network resource."),
    "net-mtu-writable": ("Network MTU (writable)", "Provides a writable MTU attribute."),
    "network-ip-availability": ("Network IP Availability", "Provides IP availability data."),
    "network_availability_zone": ("Network Availability Zone", "Zone hints for networks."),
    "pagination": ("Pagination support", "Extension that indicates that pagination is enabled."),
    "port-mac-address-regenerate": ("Neutron Port MAC address regenerate", "Null draws a MAC."),
    "port-security": ("Port Security", "Provides port security"),
    "port-security-groups-filtering": ("Port filtering on security groups", "Filter by groups."),
    "project-id": ("project_id field enabled", "Extension that indicates project_id is enabled."),
    "provider": ("Provider Network", "Expose mapping of virtual networks to physical networks"),
    "quota-check-limit": ("Quota engine limit check", "Refuse limits below what is used."),
    "quota_details": ("Quota details management support", "Expose functions for quotas usage."),
    "quotas": ("Quota management support", "Expose functions for quotas management per project."),
    "rbac-address-group": ("Add address_group type to RBAC", "Share address groups."),
    "rbac-address-scope": ("Add address_scope type to RBAC", "Share address scopes."),
    "rbac-policies": ("RBAC Policies", "Allows creation of policies that control sharing."),
    "rbac-security-groups": ("Add security_group type to RBAC", "Share security groups."),
    "rbac-subnetpool": ("Add subnetpool type to RBAC", "Share subnet pools."),
    "revision-if-match": ("If-Match constraints based on revision_number", "Conditional writes."),
    "router": ("Neutron L3 Router", "Router abstraction for basic L3 forwarding."),
    "router_availability_zone": ("Router Availability Zone", "Zone hints for routers."),
    "security-group": ("security-group", "The security groups extension."),
    "security-groups-default-rules": ("Default security group rules", "What groups begin with."),
    "security-groups-normalized-cidr": ("Normalized CIDR field", "Adds normalized_cidr to rules."),
    "security-groups-remote-address-group": ("Remote address group", "Rules about such groups."),
    "security-groups-rules-belongs-to-default-sg": ("Default group's rules", "Marks such rules."),
    "security-groups-shared-filtering": ("Security group filtering on shared", "Adds shared."),
    "service-type": ("Neutron Service Type Management", "Lists service providers: none."),
    "sort-key-validation": ("Sort Key Validation", "Provide validation on sort keys."),
    "sorting": ("Sorting support", "Extension that indicates that sorting is enabled."),
    "standard-attr-description": ("standard-attr-description", "Adds descriptions."),
    "standard-attr-revisions": ("Resource revision numbers", "Adds revision numbers."),
    "standard-attr-tag": ("Tag support for resources", "Enables to set tag on resources."),
    "standard-attr-timestamp": ("Resource timestamps", "Adds created_at and updated_at fields."),
    "stateful-security-group": ("Stateful security group", "Indicates stateful groups."),
    "subnet_allocation": ("Subnet Allocation", "Enables allocation of subnets from a pool."),
    "subnetpool-prefix-ops": ("Subnet Pool Prefix Operations", "Add and remove prefixes."),
    "subnet-service-types": ("Subnet service types", "Provides the service_types attribute."),
    "tag-creation": ("Tag creation", "Allow to create multiple tags at once."),
    "tag-ports-during-bulk-creation": ("Tag Ports During Bulk Creation", "Tags in POST /ports."),
    "uplink-status-propagation": ("Port Uplink Status Propagation", "Kept as it is given."),
}
UPDATED: Final = "2026-01-01T00:00:00-00:00"


def _shown(alias: str) -> dict[str, object]:
    name, description = EXTENSIONS[alias]
    return {
        "alias": alias,
        "name": name,
        "description": description,
        "updated": UPDATED,
        "links": [],
    }


async def list_extensions(_request: web.Request) -> web.Response:
    """List what the API has."""
    return answer({"extensions": [_shown(alias) for alias in EXTENSIONS]})


async def show_extension(request: web.Request) -> web.Response:
    """Show one extension."""
    alias = request.match_info["alias"]
    if alias not in EXTENSIONS:
        raise ExtensionNotFound(f"Extension with alias {alias} does not exist")
    return answer({"extension": _shown(alias)})
