"""What each submitting path takes from its URL, its query string and its body."""

from typing import Any

from deploy.simulator.model import Json
from deploy.simulator.validation import BadParameter, fill
from deploy.simulator.wire.call import Call
from deploy.simulator.wire.errors import HttpError, bad_request, trouble
from deploy.simulator.wire.submit import Inputs, make_opcode, queue

_ROLES = {
    "regular": {"master_candidate": False, "offline": False, "drained": False},
    "master-candidate": {"master_candidate": True},
    "drained": {"drained": True},
    "offline": {"offline": True},
}


def taking(*, body: bool = True, needs_body: bool = False, flags: str = "", **fixed: Any) -> Inputs:
    """The usual form: path variables and flags are static, the body is the rest.

    `flags` names query flags that become parameters, e.g. "dry-run force".
    """

    def inputs(call: Call) -> tuple[Any, Json]:
        static: Json = {**call.items, **fixed}
        for name in flags.split():
            static[name.replace("-", "_")] = call.flag(name)
        if needs_body and call.body is None:
            raise trouble("'NoneType' object has no attribute 'copy'")
        return (call.body if body else {}), static

    return inputs


def newer(inputs: Inputs) -> Inputs:
    """A path that Ganeti has had since 3.1."""

    def checked(call: Call) -> tuple[Any, Json]:
        if not call.site.world.newer:
            raise HttpError(404)
        return inputs(call)

    return checked


def create(call: Call) -> tuple[Any, Json]:
    """POST /2/instances wants to know the version of its body."""
    body = dict(call.dict_body())
    version = body.pop("__version__", 0)
    if version == 0:
        raise bad_request("Instance creation request version 0 is no longer supported")
    if version != 1:
        raise bad_request(f"Unsupported request data version {version}")
    return body, {"dry_run": call.flag("dry-run")}


def multi_alloc(call: Call) -> tuple[Any, Json]:
    """POST /2/instances-multi-alloc: a list of create bodies."""
    if call.body is None:
        raise trouble("argument of type 'NoneType' is not iterable")
    body = dict(call.dict_body())
    if "instances" not in body:
        raise bad_request("Request is missing required 'instances' field in body")
    filled = []
    for spec in body["instances"]:
        opcode = make_opcode(
            call, "OP_INSTANCE_CREATE", spec, {}, {"os": "os_type", "name": "instance_name"}
        )
        filled.append(opcode)
    return {**body, "instances": filled}, {"dry_run": call.flag("dry-run")}


def reboot(call: Call) -> tuple[Any, Json]:
    """POST …/reboot: the type is in the query string."""
    return call.body, {
        **call.items,
        "reboot_type": call.text("type") or "hard",
        "ignore_secondaries": call.flag("ignore_secondaries"),
        "dry_run": call.flag("dry-run"),
    }


def disk_grow(call: Call) -> tuple[Any, Json]:
    """POST …/disk/N/grow."""
    name, disk = call.items["instance_name"], int(call.items["disk"])
    return call.body, {"instance_name": name, "disk": disk}


def node_role(call: Call) -> tuple[Any, Json]:
    """PUT …/role: the body is the role."""
    if not isinstance(call.body, str):
        kind = type(call.body).__name__
        raise bad_request(f"Body contents: Type is '{kind}', but 'str' is expected")
    if call.body == "master":
        raise bad_request("Can't set 'master' role")
    if call.body not in _ROLES:
        raise bad_request(f"Can't set '{call.body}' role")
    static = {"force": call.flag("force"), "auto_promote": call.flag("auto-promote")}
    return {}, {**call.items, **_ROLES[call.body], **static}


def node_storage(call: Call) -> tuple[Any, Json]:
    """GET …/storage: a read that is a job."""
    fields = call.text("output_fields")
    if not fields:
        raise bad_request("Missing the required 'output_fields' parameter")
    static = {"nodes": [call.items["node_name"]], "storage_type": call.text("storage_type")}
    return {}, {**static, "output_fields": fields.split(",")}


def storage_unit(call: Call) -> tuple[Any, Json]:
    """PUT …/storage/modify and …/repair."""
    name = call.text("name")
    if not name:
        raise bad_request("Missing the required 'name' parameter")
    return {}, {**call.items, "storage_type": call.text("storage_type"), "name": name}


def storage_change(call: Call) -> tuple[Any, Json]:
    """PUT …/storage/modify also says what to change."""
    body, static = storage_unit(call)
    changes = {"allocatable": call.flag("allocatable", 1)} if "allocatable" in call.query else {}
    return body, {**static, "changes": changes}


def instance_info(call: Call) -> tuple[Any, Json]:
    """GET …/info: a read that is a job."""
    return {}, {"instances": [call.items["instance_name"]], "static": call.flag("static")}


def export_mode(call: Call) -> tuple[Any, Json]:
    """PUT …/prepare-export: the mode is in the query string."""
    return {}, {**call.items, "mode": call.text("mode")}


def tags(kind: str) -> Inputs:
    """PUT and DELETE …/tags: the tags are in the query string."""

    def inputs(call: Call) -> tuple[Any, Json]:
        name = next(iter(call.items.values()), None)
        named = {} if name is None else {"name": name}
        return {}, {
            "kind": kind,
            **named,
            "tags": call.query.get("tag", []),
            "dry_run": call.flag("dry-run"),
        }

    return inputs


def reinstall(call: Call) -> int:
    """POST …/reinstall: three opcodes, without a reason trail of its own."""
    name = call.items["instance_name"]
    if call.body is not None:
        if call.query:
            raise bad_request("Can't combine query and body parameters")
        body = call.dict_body()
    else:
        body = {"os": call.text("os"), "start": not call.flag("nostartup")}
    start = body.get("start", True)
    if not isinstance(start, bool):
        kind = type(start).__name__
        raise bad_request(f"'start' parameter: Type is '{kind}', but 'bool' is expected")
    again: Json = {"instance_name": name, "os_type": body.get("os")}
    if body.get("osparams") is not None:
        again["osparams"] = body["osparams"]
    wanted = [("OP_INSTANCE_SHUTDOWN", {"instance_name": name}), ("OP_INSTANCE_REINSTALL", again)]
    if start:
        wanted.append(("OP_INSTANCE_STARTUP", {"instance_name": name, "force": False}))
    try:
        return queue(call, [fill(opcode, {**given, "reason": []}, {}) for opcode, given in wanted])
    except BadParameter as error:
        raise bad_request(f"Invalid body parameters: {error}") from None
