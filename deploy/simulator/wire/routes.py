"""Every path of RAPI on one screen: method, path, who may, what it does."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deploy.simulator.wire import filters, jobs, reads
from deploy.simulator.wire import inputs as take
from deploy.simulator.wire.call import Call
from deploy.simulator.wire.inputs import taking
from deploy.simulator.wire.submit import Inputs, Submission

Handler = Callable[[Call], Any]
OPEN: frozenset[str] = frozenset()
READ = frozenset({"read", "write"})
WRITE = frozenset({"write"})
_VARIABLE = re.compile(r"\{(\w+)\}")
_NUMBERS = {"job_id", "disk"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path."""

    access: frozenset[str]  # one of these rights is needed; empty: none
    handler: Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A path that exists, with its variables and methods."""

    items: dict[str, str]
    methods: dict[str, Route]


_paths: dict[str, dict[str, Route]] = {}


def _get(path: str, handler: Handler, access: frozenset[str] = OPEN) -> None:
    _paths.setdefault(path, {})["GET"] = Route(access=access, handler=handler)


def _do(
    method: str,
    path: str,
    opcode: str,
    inputs: Inputs,
    rename: dict[str, str] | None = None,
    forbidden: frozenset[str] = frozenset(),
    access: frozenset[str] = WRITE,
) -> None:
    handler = Submission(
        opcode=opcode,
        resource=_resource(path),
        inputs=inputs,
        rename=rename or {},
        forbidden=forbidden,
    )
    _paths.setdefault(path, {})[method] = Route(access=access, handler=handler)


def _resource(path: str) -> str:
    special = {"/2/redistribute-config": "redist_config", "/2/modify": "cluster_modify"}
    if path in special:
        return special[path]
    parts = path.removeprefix("/2/").replace("/{disk}", "").split("/")
    return "_".join("name" if "{" in part else part for part in parts).replace("-", "_")


_INSTANCE, _NODE = "/2/instances/{instance_name}", "/2/nodes/{node_name}"
_CREATE = {"os": "os_type", "name": "instance_name"}
_MODIFY = {"custom_beparams": "beparams", "custom_hvparams": "hvparams"}
_CUSTOM = ("ndparams", "ipolicy", "diskparams")
_UNTOOLED = frozenset({"compression_tools"})
_GROUP, _NETWORK = "/2/groups/{group_name}", "/2/networks/{network_name}"

# fmt: off
_get("/", reads.nothing)
_get("/2", reads.nothing)
_get("/version", reads.version)
_get("/2/features", reads.features)
_get("/2/info", reads.info)
_get("/2/os", reads.os)
_get("/2/instances", reads.list_instances)
_get(_INSTANCE, reads.show_instance)
_get(f"{_INSTANCE}/console", reads.console, READ)
_get("/2/nodes", reads.list_nodes)
_get(_NODE, reads.show_node)
_get(f"{_NODE}/role", reads.show_role)
_get("/2/groups", reads.list_groups)
_get(_GROUP, reads.show_group)
_get("/2/networks", reads.list_networks)
_get(_NETWORK, reads.show_network)
_get("/2/filters", reads.list_filters)
_get("/2/filters/{uuid}", reads.show_filter)
_paths["/2/filters"]["POST"] = Route(access=WRITE, handler=filters.add_filter)
_paths["/2/filters/{uuid}"]["PUT"] = Route(access=WRITE, handler=filters.replace_filter)
_paths["/2/filters/{uuid}"]["DELETE"] = Route(access=WRITE, handler=filters.delete_filter)
_get("/2/jobs", jobs.list_jobs)
_get("/2/jobs/{job_id}", jobs.show_job)
_paths["/2/jobs/{job_id}"]["DELETE"] = Route(access=WRITE, handler=jobs.cancel_job)
_get("/2/jobs/{job_id}/wait", jobs.wait_for_job, WRITE)
_get("/2/query/{resource}", jobs.query_get, READ)
_paths["/2/query/{resource}"]["PUT"] = Route(access=READ, handler=jobs.query_put)
_get("/2/query/{resource}/fields", jobs.query_fields)

_do("PUT", "/2/modify", "OP_CLUSTER_SET_PARAMS", taking(), forbidden=_UNTOOLED)
_do("PUT", "/2/redistribute-config", "OP_CLUSTER_REDIST_CONF", taking(body=False))

_do("POST", "/2/instances", "OP_INSTANCE_CREATE", take.create, _CREATE)
_do("POST", "/2/instances-multi-alloc", "OP_INSTANCE_MULTI_ALLOC", take.multi_alloc)
_do("DELETE", _INSTANCE, "OP_INSTANCE_REMOVE", taking(flags="dry-run", ignore_failures=False))
_do("GET", f"{_INSTANCE}/info", "OP_INSTANCE_QUERY_DATA", take.instance_info, access=OPEN)
_do("POST", f"{_INSTANCE}/reboot", "OP_INSTANCE_REBOOT", take.reboot)
_do("PUT", f"{_INSTANCE}/startup", "OP_INSTANCE_STARTUP",
    taking(body=False, flags="force dry-run no_remember"))
_do("PUT", f"{_INSTANCE}/shutdown", "OP_INSTANCE_SHUTDOWN", taking(flags="no_remember dry-run"))
_do("PUT", f"{_INSTANCE}/modify", "OP_INSTANCE_SET_PARAMS", taking(needs_body=True), _MODIFY)
_do("PUT", f"{_INSTANCE}/rename", "OP_INSTANCE_RENAME", taking())
_do("POST", f"{_INSTANCE}/disk/{{disk}}/grow", "OP_INSTANCE_GROW_DISK", take.disk_grow)
_do("PUT", f"{_INSTANCE}/migrate", "OP_INSTANCE_MIGRATE", taking())
_do("PUT", f"{_INSTANCE}/failover", "OP_INSTANCE_FAILOVER", taking())
_do("POST", f"{_INSTANCE}/replace-disks", "OP_INSTANCE_REPLACE_DISKS", taking())
_do("POST", f"{_INSTANCE}/recreate-disks", "OP_INSTANCE_RECREATE_DISKS", taking())
_do("PUT", f"{_INSTANCE}/activate-disks", "OP_INSTANCE_ACTIVATE_DISKS",
    taking(body=False, flags="ignore_size"))
_do("PUT", f"{_INSTANCE}/deactivate-disks", "OP_INSTANCE_DEACTIVATE_DISKS",
    taking(body=False, flags="force"))
_do("PUT", f"{_INSTANCE}/prepare-export", "OP_BACKUP_PREPARE", take.export_mode)
_do("PUT", f"{_INSTANCE}/export", "OP_BACKUP_EXPORT", taking(), {"destination": "target_node"})
_paths[f"{_INSTANCE}/reinstall"] = {"POST": Route(access=WRITE, handler=take.reinstall)}

_do("PUT", f"{_NODE}/role", "OP_NODE_SET_PARAMS", take.node_role)
_do("POST", f"{_NODE}/modify", "OP_NODE_SET_PARAMS", taking())
_do("POST", f"{_NODE}/evacuate", "OP_NODE_EVACUATE", taking(flags="dry-run"))
_do("POST", f"{_NODE}/migrate", "OP_NODE_MIGRATE", taking())
_do("POST", f"{_NODE}/powercycle", "OP_NODE_POWERCYCLE", taking(flags="force"))
_do("GET", f"{_NODE}/storage", "OP_NODE_QUERY_STORAGE", take.node_storage)
_do("PUT", f"{_NODE}/storage/modify", "OP_NODE_MODIFY_STORAGE", take.storage_change)
_do("PUT", f"{_NODE}/storage/repair", "OP_REPAIR_NODE_STORAGE", take.storage_unit)

_do("POST", "/2/groups", "OP_GROUP_ADD", taking(flags="dry-run"), {"name": "group_name"})
_do("DELETE", _GROUP, "OP_GROUP_REMOVE", taking(body=False, flags="dry-run"))
_do("PUT", f"{_GROUP}/modify", "OP_GROUP_SET_PARAMS", taking(), {f"custom_{n}": n for n in _CUSTOM})
_do("PUT", f"{_GROUP}/rename", "OP_GROUP_RENAME", taking(flags="dry-run"))
_do("PUT", f"{_GROUP}/assign-nodes", "OP_GROUP_ASSIGN_NODES", taking(flags="dry-run force"))

_do("POST", "/2/networks", "OP_NETWORK_ADD", taking(flags="dry-run"), {"name": "network_name"})
_do("DELETE", _NETWORK, "OP_NETWORK_REMOVE", taking(flags="dry-run"))
_do("PUT", f"{_NETWORK}/modify", "OP_NETWORK_SET_PARAMS", taking())
_do("PUT", f"{_NETWORK}/rename", "OP_NETWORK_RENAME", take.newer(taking()))
_do("PUT", f"{_NETWORK}/connect", "OP_NETWORK_CONNECT", taking(flags="dry-run"))
_do("PUT", f"{_NETWORK}/disconnect", "OP_NETWORK_DISCONNECT", taking(flags="dry-run"))

for _path, _kind, _reader in (
    ("/2", "cluster", reads.cluster_tags),
    (_INSTANCE, "instance", reads.instance_tags),
    (_NODE, "node", reads.node_tags),
    (_GROUP, "nodegroup", reads.group_tags),
    (_NETWORK, "network", reads.network_tags),
):
    _get(f"{_path}/tags", _reader)
    _do("PUT", f"{_path}/tags", "OP_TAGS_SET", take.tags(_kind))
    _do("DELETE", f"{_path}/tags", "OP_TAGS_DEL", take.tags(_kind))
# fmt: on


def _pattern(path: str) -> re.Pattern[str]:
    def variable(match: re.Match[str]) -> str:
        name = match.group(1)
        return f"(?P<{name}>[0-9]+)" if name in _NUMBERS else rf"(?P<{name}>[\w.-]+)"

    return re.compile(_VARIABLE.sub(variable, path), re.ASCII)


_COMPILED = [(_pattern(path), methods) for path, methods in _paths.items() if "{" in path]


def match(path: str) -> Match | None:
    """The path's methods and variables, None when RAPI has no such path."""
    if path in _paths and "{" not in path:
        return Match(items={}, methods=_paths[path])
    for pattern, methods in _COMPILED:
        found = pattern.fullmatch(path)
        if found is not None:
            return Match(items=found.groupdict(), methods=methods)
    return None
