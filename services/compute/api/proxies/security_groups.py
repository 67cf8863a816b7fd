"""Security groups and their rules as Nova showed them until 2.35."""

from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.proxies.asking import Json, id_in, networks, require_until
from services.compute.api.queries import check_query
from services.compute.api.schemas.security_groups import GroupBody, RuleBody
from services.compute.api.server_query import yes
from shared.identity.caller import CALLER
from shared.web.answers import answer, answer_nothing
from shared.web.body import read

RULE: Final = "os_compute_api:os-security-groups:"
ANYWHERE: Final = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}


def group_view(group: Json, names: dict[str, Json]) -> Json:
    """Return a group with its rules; Nova knew only those for what comes in.

    Args:
        group: as the network service tells.
        names: other groups that rules refer to, by id.
    """
    rules = [
        rule_view(rule, names)
        for rule in group.get("security_group_rules") or ()
        if rule["direction"] == "ingress"
    ]
    return {
        "id": group["id"],
        "name": group["name"],
        "description": group.get("description") or "",
        "tenant_id": group.get("project_id") or group.get("tenant_id"),
        "rules": rules,
    }


def rule_view(rule: Json, names: dict[str, Json]) -> Json:
    """Return a rule for what comes in."""
    remote = names.get(rule.get("remote_group_id") or "")
    low, high = rule.get("port_range_min"), rule.get("port_range_max")
    if rule.get("protocol") is not None and low is None and high is None:
        low, high = (-1, -1) if rule["protocol"] in {"icmp", "icmpv6"} else (1, 65535)
    of_group = rule.get("remote_group_id") is not None
    cidr = rule.get("remote_ip_prefix") or ANYWHERE.get(rule.get("ethertype", ""), "")
    tenant = (remote or {}).get("project_id") or (remote or {}).get("tenant_id")
    return {
        "id": rule["id"],
        "parent_group_id": rule["security_group_id"],
        "ip_protocol": rule.get("protocol"),
        "from_port": low,
        "to_port": high,
        "group": {"name": remote["name"], "tenant_id": tenant} if remote else {},
        "ip_range": {} if of_group else {"cidr": cidr},
    }


async def _enter(request: web.Request, verb: str) -> None:
    require_until(request)
    request.app[DEPS].policy.require(request[CALLER], RULE + verb)


async def _groups(request: web.Request, params: dict[str, str]) -> list[Json]:
    answered = await networks(request, "GET", "/security-groups", params=params)
    found: list[Json] = answered["security_groups"]
    return found


async def list_groups(request: web.Request) -> web.Response:
    """Return the project's groups; administrators may ask for everybody's."""
    await _enter(request, "get")
    check_query(request)
    caller = request[CALLER]
    everybody = yes(request.query.get("all_tenants", "false"), "all_tenants") and caller.is_admin
    found = await _groups(request, {} if everybody else {"project_id": caller.project_id})
    names = {each["id"]: each for each in found}
    return answer({"security_groups": [group_view(each, names) for each in found]})


async def _shown(request: web.Request, group: Json) -> web.Response:
    remote = {
        rule["remote_group_id"]
        for rule in group.get("security_group_rules") or ()
        if rule.get("remote_group_id")
    }
    names = {each["id"]: each for each in await _groups(request, {})} if remote else {}
    return answer({"security_group": group_view(group, names)})


async def show_group(request: web.Request) -> web.Response:
    """Return one group."""
    await _enter(request, "show")
    path = f"/security-groups/{id_in(request, 'group_id', 'Security group')}"
    return await _shown(request, (await networks(request, "GET", path))["security_group"])


async def create_group(request: web.Request) -> web.Response:
    """Make a group."""
    await _enter(request, "create")
    given = (await read(request, GroupBody)).security_group
    body = {"security_group": {"name": given.name, "description": given.description}}
    made = await networks(request, "POST", "/security-groups", json=body)
    return await _shown(request, made["security_group"])


async def update_group(request: web.Request) -> web.Response:
    """Change a group's name and description."""
    await _enter(request, "update")
    path = f"/security-groups/{id_in(request, 'group_id', 'Security group')}"
    given = (await read(request, GroupBody)).security_group
    body = {"security_group": {"name": given.name, "description": given.description}}
    return await _shown(
        request, (await networks(request, "PUT", path, json=body))["security_group"]
    )


async def delete_group(request: web.Request) -> web.Response:
    """Delete a group."""
    await _enter(request, "delete")
    path = f"/security-groups/{id_in(request, 'group_id', 'Security group')}"
    await networks(request, "DELETE", path)
    return answer_nothing(status=202)


async def create_rule(request: web.Request) -> web.Response:
    """Make a rule for what comes in."""
    await _enter(request, "rule:create")
    given = (await read(request, RuleBody)).security_group_rule
    rule: dict[str, Any] = {
        "security_group_id": given.parent_group_id,
        "direction": "ingress",
        "ethertype": given.ethertype,
        "protocol": given.ip_protocol,
        "port_range_min": given.low,
        "port_range_max": given.high,
    }
    if given.group_id is not None:
        rule["remote_group_id"] = given.group_id
    else:
        rule["remote_ip_prefix"] = given.cidr or ANYWHERE["IPv4"]
    made = await networks(
        request, "POST", "/security-group-rules", json={"security_group_rule": rule}
    )
    names = {each["id"]: each for each in await _groups(request, {})} if given.group_id else {}
    return answer({"security_group_rule": rule_view(made["security_group_rule"], names)})


async def delete_rule(request: web.Request) -> web.Response:
    """Delete a rule."""
    await _enter(request, "rule:delete")
    ident = id_in(request, "rule_id", "Security group rule")
    await networks(request, "DELETE", f"/security-group-rules/{ident}")
    return answer_nothing(status=202)


GROUPS: Final = "/os-security-groups"
RULES: Final = "/os-security-group-rules"
ROUTES: Final = [
    web.get(GROUPS, list_groups),
    web.post(GROUPS, create_group),
    web.get(f"{GROUPS}/{{group_id}}", show_group),
    web.put(f"{GROUPS}/{{group_id}}", update_group),
    web.delete(f"{GROUPS}/{{group_id}}", delete_group),
    web.post(RULES, create_rule),
    web.delete(f"{RULES}/{{rule_id}}", delete_rule),
]
