"""Addresses and security groups of a server, from its row."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.looking import server_in
from services.compute.api.views import servers as views
from services.compute.store.references import Documents, documents_of
from shared.contracts.resources import SecurityGroupChanged
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer

RULE: Final = "os_compute_api:"


def _require(request: web.Request, rule: str) -> None:
    request.app[DEPS].policy.require(request[CALLER], RULE + rule)


async def list_ips(request: web.Request) -> web.Response:
    """Return addresses by network."""
    _require(request, "ips:index")
    found = views.addresses(await server_in(request))
    return answer({"addresses": {label: _brief(ips) for label, ips in found.items()}})


async def show_ips(request: web.Request) -> web.Response:
    """Return the addresses in one network."""
    _require(request, "ips:show")
    label = request.match_info["label"]
    found = views.addresses(await server_in(request))
    if label not in found:
        raise NotFound("Instance is not a member of specified network")
    return answer({label: _brief(found[label])})


def _brief(addresses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"version": each["version"], "addr": each["addr"]} for each in addresses]


async def list_security_groups(request: web.Request) -> web.Response:
    """Return the security groups of the server's ports."""
    _require(request, "os-security-groups:list")
    server = await server_in(request)
    ids = [group.id for group in server.security_groups if group.id]
    reads = request.app[DEPS].reads
    known = await documents_of(reads, SecurityGroupChanged.resource, ids) if ids else {}
    return answer(
        {
            "security_groups": [
                {
                    "id": group.id,
                    "name": group.name,
                    "description": known.get(group.id, {}).get("description", ""),
                    "tenant_id": server.project_id,
                    "rules": _rules(known.get(group.id, {}), known),
                }
                for group in server.security_groups
            ]
        }
    )


def _rules(group: Mapping[str, Any], known: Documents) -> list[dict[str, Any]]:
    """Return what a group lets in, as Nova words rules."""
    return [
        {
            "id": rule["id"],
            "parent_group_id": group["id"],
            "ip_protocol": rule.get("protocol"),
            "from_port": _port(rule, "port_range_min", 1),
            "to_port": _port(rule, "port_range_max", 65535),
            "ip_range": _range(rule),
            "group": _source(rule, known),
        }
        for rule in group.get("security_group_rules") or ()
        if rule["direction"] == "ingress"
    ]


def _port(rule: Mapping[str, Any], name: str, otherwise: int) -> int:
    if (found := rule.get(name)) is not None:
        return int(found)
    return otherwise if rule.get("protocol") in {"tcp", "udp"} else -1


def _range(rule: Mapping[str, Any]) -> dict[str, str]:
    if rule.get("remote_group_id"):
        return {}
    everywhere = "::/0" if rule.get("ethertype") == "IPv6" else "0.0.0.0/0"
    return {"cidr": rule.get("remote_ip_prefix") or everywhere}


def _source(rule: Mapping[str, Any], known: Documents) -> dict[str, str]:
    source = rule.get("remote_group_id")
    if not source:
        return {}
    group = known.get(source, {})
    return {"name": group.get("name", source), "tenant_id": rule.get("project_id") or ""}


SERVER: Final = "/servers/{server_id}"
ROUTES: Final = [
    web.get(f"{SERVER}/ips", list_ips),
    web.get(f"{SERVER}/ips/{{label}}", show_ips),
    web.get(f"{SERVER}/os-security-groups", list_security_groups),
]
