"""Every URL the network service answers, in one screen."""

from collections.abc import Iterable

from aiohttp import web

from services.network.api import (
    address_groups,
    default_rules,
    drift,
    extensions,
    floating_ips,
    networks,
    operations,
    port_forwardings,
    ports,
    quotas,
    rbac_policies,
    routers,
    security_groups,
    subnet_pools,
    subnets,
    tags,
    topology,
    versions,
)

TAGGED = (
    "{collection:networks|subnets|ports|security-groups|routers|floatingips|subnetpools"
    "|address-groups}"
)


FORWARDINGS = "/floatingips/{id}/port_forwardings"
FORWARDING = f"{FORWARDINGS}/{{forwarding_id}}"


def _with_json(routes: Iterable[web.RouteDef]) -> list[web.RouteDef]:
    """Return the routes below /v2.0, each also with the suffix that old clients append."""
    both = []
    for route in routes:
        for suffix in (".json", ""):
            path = f"/v2.0{route.path}{suffix}"
            both.append(web.RouteDef(route.method, path, route.handler, route.kwargs))
    return both


ROUTES = [
    web.get("/", versions.list_versions),
    drift.ROUTE,
    web.get("/v2.0", versions.show_version),
    web.get("/v2.0/", versions.show_version),
    *_with_json(
        [
            web.get("/extensions", extensions.list_extensions),
            web.get("/extensions/{alias}", extensions.show_extension),
            web.get("/networks", networks.list_networks),
            web.post("/networks", networks.create_networks),
            web.get("/networks/{id}", networks.show_network),
            web.put("/networks/{id}", networks.update_network),
            web.delete("/networks/{id}", networks.delete_network),
            web.get("/subnets", subnets.list_subnets),
            web.post("/subnets", subnets.create_subnets),
            web.get("/subnets/{id}", subnets.show_subnet),
            web.put("/subnets/{id}", subnets.update_subnet),
            web.delete("/subnets/{id}", subnets.delete_subnet),
            web.get("/ports", ports.list_ports),
            web.post("/ports", ports.create_ports),
            web.get("/ports/{id}", ports.show_port),
            web.put("/ports/{id}", ports.update_port),
            web.delete("/ports/{id}", ports.delete_port),
            web.get("/subnetpools", subnet_pools.list_subnet_pools),
            web.post("/subnetpools", subnet_pools.create_subnet_pools),
            web.get("/subnetpools/{id}", subnet_pools.show_subnet_pool),
            web.put("/subnetpools/{id}", subnet_pools.update_subnet_pool),
            web.delete("/subnetpools/{id}", subnet_pools.delete_subnet_pool),
            web.put("/subnetpools/{id}/add_prefixes", subnet_pools.add_prefixes),
            web.put("/subnetpools/{id}/remove_prefixes", subnet_pools.remove_prefixes),
            web.get("/address-scopes", subnet_pools.list_address_scopes),
            web.post("/address-scopes", subnet_pools.create_address_scopes),
            web.get("/address-scopes/{id}", subnet_pools.show_address_scope),
            web.put("/address-scopes/{id}", subnet_pools.update_address_scope),
            web.delete("/address-scopes/{id}", subnet_pools.delete_address_scope),
            web.get("/address-groups", address_groups.list_address_groups),
            web.post("/address-groups", address_groups.create_address_groups),
            web.get("/address-groups/{id}", address_groups.show_address_group),
            web.put("/address-groups/{id}", address_groups.update_address_group),
            web.delete("/address-groups/{id}", address_groups.delete_address_group),
            web.put("/address-groups/{id}/add_addresses", address_groups.add_addresses),
            web.put("/address-groups/{id}/remove_addresses", address_groups.remove_addresses),
            web.get("/rbac-policies", rbac_policies.list_rbac_policies),
            web.post("/rbac-policies", rbac_policies.create_rbac_policies),
            web.get("/rbac-policies/{id}", rbac_policies.show_rbac_policy),
            web.put("/rbac-policies/{id}", rbac_policies.update_rbac_policy),
            web.delete("/rbac-policies/{id}", rbac_policies.delete_rbac_policy),
            web.get("/routers", routers.list_routers),
            web.post("/routers", routers.create_routers),
            web.get("/routers/{id}", routers.show_router),
            web.put("/routers/{id}", routers.update_router),
            web.delete("/routers/{id}", routers.delete_router),
            web.put("/routers/{id}/add_router_interface", routers.add_interface),
            web.put("/routers/{id}/remove_router_interface", routers.remove_interface),
            web.put("/routers/{id}/add_extraroutes", routers.add_routes),
            web.put("/routers/{id}/remove_extraroutes", routers.remove_routes),
            web.get("/floatingips", floating_ips.list_floating_ips),
            web.post("/floatingips", floating_ips.create_floating_ips),
            web.get("/floatingips/{id}", floating_ips.show_floating_ip),
            web.put("/floatingips/{id}", floating_ips.update_floating_ip),
            web.delete("/floatingips/{id}", floating_ips.delete_floating_ip),
            web.get(FORWARDINGS, port_forwardings.list_port_forwardings),
            web.post(FORWARDINGS, port_forwardings.create_port_forwarding),
            web.get(FORWARDING, port_forwardings.show_port_forwarding),
            web.put(FORWARDING, port_forwardings.update_port_forwarding),
            web.delete(FORWARDING, port_forwardings.delete_port_forwarding),
            web.get("/security-groups", security_groups.list_security_groups),
            web.post("/security-groups", security_groups.create_security_groups),
            web.get("/security-groups/{id}", security_groups.show_security_group),
            web.put("/security-groups/{id}", security_groups.update_security_group),
            web.delete("/security-groups/{id}", security_groups.delete_security_group),
            web.get("/security-group-rules", security_groups.list_security_group_rules),
            web.post("/security-group-rules", security_groups.create_security_group_rules),
            web.get("/security-group-rules/{id}", security_groups.show_security_group_rule),
            web.delete("/security-group-rules/{id}", security_groups.delete_security_group_rule),
            web.get("/default-security-group-rules", default_rules.list_default_rules),
            web.post("/default-security-group-rules", default_rules.create_default_rules),
            web.get("/default-security-group-rules/{id}", default_rules.show_default_rule),
            web.delete("/default-security-group-rules/{id}", default_rules.delete_default_rule),
            web.get(f"/{TAGGED}/{{id}}/tags", tags.list_tags),
            web.put(f"/{TAGGED}/{{id}}/tags", tags.replace_tags),
            web.post(f"/{TAGGED}/{{id}}/tags", tags.add_tags),
            web.delete(f"/{TAGGED}/{{id}}/tags", tags.delete_tags),
            web.get(f"/{TAGGED}/{{id}}/tags/{{tag}}", tags.check_tag),
            web.put(f"/{TAGGED}/{{id}}/tags/{{tag}}", tags.add_tag),
            web.delete(f"/{TAGGED}/{{id}}/tags/{{tag}}", tags.delete_tag),
            web.get("/quotas", quotas.list_quotas),
            web.get("/quotas/tenant", quotas.show_own_project),
            web.get("/quotas/project", quotas.show_own_project),
            web.get("/quotas/{project_id}", quotas.show_quota),
            web.put("/quotas/{project_id}", quotas.update_quota),
            web.delete("/quotas/{project_id}", quotas.delete_quota),
            web.get("/quotas/{project_id}/default", quotas.show_default_quota),
            web.get("/quotas/{project_id}/details", quotas.show_quota_details),
            web.get("/routers/{id}/l3-agents", operations.list_router_agents),
            web.get("/networks/{id}/dhcp-agents", operations.list_network_agents),
            web.get("/floatingip_pools", operations.list_floating_ip_pools),
            web.get("/auto-allocated-topology/{project_id}", topology.show_topology),
            web.delete("/auto-allocated-topology/{project_id}", topology.delete_topology),
            web.get("/service-providers", operations.list_service_providers),
            web.get("/agents", operations.list_agents),
            web.get("/agents/{id}", operations.show_agent),
            web.get("/agents/{id}/l3-routers", operations.show_agent),
            web.get("/agents/{id}/dhcp-networks", operations.show_agent),
            web.get("/availability_zones", operations.list_availability_zones),
            web.get("/network-ip-availabilities", operations.list_ip_availabilities),
            web.get("/network-ip-availabilities/{id}", operations.show_ip_availability),
        ]
    ),
]
