"""Turning a request into a queued job."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import time_ns
from typing import Any

from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.model import Json
from deploy.simulator.validation import BadParameter, fill
from deploy.simulator.wire.call import Call
from deploy.simulator.wire.errors import HttpError, bad_request, trouble

Inputs = Callable[[Call], tuple[Any, Json]]  # -> body, static parameters
_SECRET = ("osparams_private", "osparams_secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A path that queues one opcode."""

    opcode: str
    resource: str  # as the reason trail names it
    inputs: Inputs
    rename: dict[str, str] = field(default_factory=dict)
    forbidden: frozenset[str] = frozenset()

    def __call__(self, call: Call) -> int:
        """Check the body, fill the opcode, queue the job; returns its id."""
        body, static = self.inputs(call)
        if isinstance(call.body, dict) and isinstance(body, dict) and "depends" in call.body:
            body = {**body, "depends": call.body["depends"]}
        for name in body if isinstance(body, dict) else ():
            if self.rename.get(name, name) in self.forbidden:
                raise HttpError(403, f"The parameter {name} cannot be set via RAPI")
        static = {**static, "reason": trail(call, self.resource)}
        return queue(call, [make_opcode(call, self.opcode, body, static, self.rename)])


def trail(call: Call, resource: str) -> list[list[Any]]:
    """The beginning of the reason trail: what the user says, then which resource was used."""
    user = [["gnt:user", reason, time_ns()] for reason in call.query.get("reason", [])[:1]]
    return [*user, [f"gnt:library:rlib2:{resource}", "", time_ns()]]


def make_opcode(call: Call, opcode: str, body: Any, static: Json, rename: dict[str, str]) -> Json:
    """The opcode's complete input.

    Raises:
        HttpError: 400 when the body does not fit the opcode.
    """
    params = _renamed(body, rename)
    overwritten = {name for name in params if name in static}
    if overwritten:
        raise bad_request(f"Can't overwrite static parameters {overwritten}")
    if call.site.world.newer and "hotplug_if_possible" in params:
        text = "Object OpInstanceSetParams doesn't support the parameter 'hotplug_if_possible'"
        raise bad_request(f"Invalid body parameters: {text}")
    try:
        return fill(opcode, params | static, _dialect(call, opcode))
    except BadParameter as error:
        raise bad_request(f"Invalid body parameters: {error}") from None
    except ValueError as error:  # a bad netmask
        raise trouble(str(error)) from None


def _renamed(body: Any, rename: dict[str, str]) -> Json:
    if body is None:
        return {}
    if not isinstance(body, dict):
        kind = type(body).__name__
        raise bad_request(f"Body contents: Type is '{kind}', but 'dict' is expected")
    for old, new in rename.items():
        if old in body and new in body:
            raise bad_request(f"Parameter '{old}' was renamed to '{new}', but both are specified")
    given: Json = body
    return {rename.get(name, name): value for name, value in given.items()}


def _dialect(call: Call, opcode: str) -> Json:
    if not call.site.world.newer:
        return {}
    if opcode in {"OP_INSTANCE_CREATE", "OP_INSTANCE_RENAME"}:
        return {"name_check": False, "ip_check": False}
    return {"hotplug": True} if opcode == "OP_INSTANCE_SET_PARAMS" else {}


def queue(call: Call, inputs: list[Json]) -> int:
    """Queue a job; secret values go beside it, never into it."""
    if call.site.state.drained:
        raise trouble("Queue drained")
    _perhaps_fail(call.site)
    secrets = [{name: op[name] for name in _SECRET if op.get(name)} for op in inputs]
    masked = [
        {**op, **{name: dict.fromkeys(values) for name, values in hidden.items()}}
        for op, hidden in zip(inputs, secrets, strict=True)
    ]
    call.submitted = True
    return call.site.queue.submit(masked, secrets)


def _perhaps_fail(site: SimulatedCluster) -> None:
    faults = site.faults
    if faults.time_out_refused > 0:
        faults.time_out_refused -= 1
        raise HttpError(504)
    if faults.lose_jobs > 0:
        faults.lose_jobs -= 1
        site.state.last_job += 1  # luxid died between the serial and the job's file
        raise HttpError(502, "Connection to the master daemon was closed")
