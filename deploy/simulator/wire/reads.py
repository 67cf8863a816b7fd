"""Everything that only reads: lists, objects, tags, the cluster itself."""

from collections.abc import Callable
from typing import Any

from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.jobs.render import is_final
from deploy.simulator.logic.parameters import os_list
from deploy.simulator.model import Json
from deploy.simulator.query import instances, nodes, places
from deploy.simulator.reading import cluster_info
from deploy.simulator.settings import OperatingSystem
from deploy.simulator.validation import fill
from deploy.simulator.wire.call import Call
from deploy.simulator.wire.errors import HttpError, trouble
from deploy.simulator.wire.submit import queue, trail
from deploy.simulator.world import short_match

FEATURES = ["node-evac-res1", "instance-reinstall-reqv1", "instance-create-reqv1"]
_ROLE_NAMES = {
    "M": "master",
    "C": "master-candidate",
    "R": "regular",
    "D": "drained",
    "O": "offline",
}
_Items = Callable[[SimulatedCluster], dict[str, Any]]


def version(_: Call) -> Any:
    """GET /version."""
    return 2


def nothing(_: Call) -> Any:
    """GET / and /2."""
    return None


def features(_: Call) -> Any:
    """GET /2/features."""
    return [*FEATURES, "node-migrate-reqv1"]


def info(call: Call) -> Any:
    """GET /2/info."""
    return cluster_info(call.site.world)


async def os(call: Call) -> Any:
    """GET /2/os: queues a job and waits for it."""
    fields = ["name", "valid", "variants"]
    given = {"output_fields": fields, "names": [], "reason": trail(call, "os")}
    number = queue(call, [fill("OP_OS_DIAGNOSE", given, {})])
    call.submitted = False
    job = call.site.queue.find(number)
    while job is not None and not is_final(job):
        await call.site.queue.change_of(number, at_most=1)
    if call.flag("bulk") and call.site.world.newer:
        return [_described(name, os) for name, os in call.site.settings.operating_systems.items()]
    return os_list(call.site.settings)


def _described(name: str, found: OperatingSystem) -> Json:
    return {
        "name": name,
        "valid": True,
        "variants": list(found.variants),
        "parameters": [{"name": each, "description": each} for each in found.parameters],
        "api_versions": [20],
        "blacklisted": False,
        "hidden": False,
        "trusted": True,
    }


def _refuse_lock(call: Call) -> None:
    if call.flag("lock"):
        raise trouble("('Sync queries are not allowed', 'wrong_input')")


def _row(call: Call, item: Any, fields: list[str], cell: Callable[..., Any]) -> Json:
    return {name: cell(call.site.world, item, name)[1] for name in fields}


def _listing(
    items: _Items, path: str, key: str, fields: list[str], cell: Callable[..., Any]
) -> Callable[[Call], Any]:
    def handler(call: Call) -> Any:
        _refuse_lock(call)
        found = items(call.site)
        if call.flag("bulk"):
            return [
                _row(call, found[name], _extended(call, fields), cell) for name in sorted(found)
            ]
        return [{key: name, "uri": f"/2/{path}/{name}"} for name in sorted(found)]

    return handler


def _extended(call: Call, fields: list[str]) -> list[str]:
    if fields is instances.I_FIELDS and call.site.world.newer:
        return [*fields, "custom_osparams"]
    return fields


def _showing(
    items: _Items, variable: str, fields: list[str], cell: Callable[..., Any]
) -> Callable[[Call], Any]:
    def handler(call: Call) -> Any:
        _refuse_lock(call)
        found = items(call.site)
        name = short_match(call.items[variable], found)
        if name is None:
            raise HttpError(404)
        return _row(call, found[name], _extended(call, fields), cell)

    return handler


def _instances(site: SimulatedCluster) -> dict[str, Any]:
    return site.state.instances


def _nodes(site: SimulatedCluster) -> dict[str, Any]:
    return site.state.nodes


def _groups(site: SimulatedCluster) -> dict[str, Any]:
    return site.state.groups


def _networks(site: SimulatedCluster) -> dict[str, Any]:
    return site.state.networks


list_instances = _listing(_instances, "instances", "id", instances.I_FIELDS, instances.cell)
show_instance = _showing(_instances, "instance_name", instances.I_FIELDS, instances.cell)
list_nodes = _listing(_nodes, "nodes", "id", nodes.N_FIELDS, nodes.cell)
list_groups = _listing(_groups, "groups", "name", places.G_FIELDS, places.group_cell)
show_group = _showing(_groups, "group_name", places.G_FIELDS, places.group_cell)
list_networks = _listing(_networks, "networks", "name", places.NET_FIELDS, places.network_cell)
show_network = _showing(_networks, "network_name", places.NET_FIELDS, places.network_cell)
_show_node = _showing(_nodes, "node_name", nodes.N_FIELDS, nodes.cell)


def show_node(call: Call) -> Any:
    """GET /2/nodes/x."""
    found = _show_node(call)
    return {**found, "secondary_ip": found["sip"]}


def show_role(call: Call) -> Any:
    """GET /2/nodes/x/role."""
    name = short_match(call.items["node_name"], call.site.state.nodes)
    if name is None:
        raise HttpError(404)
    return _ROLE_NAMES[nodes.role_of(call.site.state.nodes[name])]


def console(call: Call) -> Any:
    """GET /2/instances/x/console."""
    name = short_match(call.items["instance_name"], call.site.state.instances)
    if name is None:
        raise trouble("list index out of range")
    status, value = instances.console_cell(call.site.world, call.site.state.instances[name])
    if status != 0:
        raise HttpError(503, "Instance console unavailable")
    return value


def _tags_of(kind: str, items: _Items, variable: str) -> Callable[[Call], Any]:
    def handler(call: Call) -> Any:
        found = items(call.site).get(call.items[variable])
        if found is None:
            name = call.items[variable]
            raise trouble(str((f"{kind} name {name} not found", "unknown_entity")))
        return found.tags

    return handler


instance_tags = _tags_of("Instance", _instances, "instance_name")
node_tags = _tags_of("Node", _nodes, "node_name")
group_tags = _tags_of("Group", _groups, "group_name")
network_tags = _tags_of("Network", _networks, "network_name")


def cluster_tags(call: Call) -> Any:
    """GET /2/tags."""
    return call.site.state.tags


def list_filters(call: Call) -> Any:
    """GET /2/filters."""
    rules = sorted(call.site.state.filters.values(), key=lambda rule: rule.uuid)
    if call.flag("bulk"):
        return [_row(call, rule, _FILTER_FIELDS, places.filter_cell) for rule in rules]
    return [{"uuid": rule.uuid, "uri": f"/2/filters/{rule.uuid}"} for rule in rules]


_FILTER_FIELDS = ["watermark", "priority", "predicates", "action", "reason_trail", "uuid"]


def show_filter(call: Call) -> Any:
    """GET /2/filters/x."""
    rule = call.site.state.filters.get(call.items["uuid"])
    if rule is None:
        raise HttpError(404)
    return _row(call, rule, _FILTER_FIELDS, places.filter_cell)
