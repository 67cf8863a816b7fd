"""Job filter rules: an operator's way to pause, reject or limit jobs."""

from time import time_ns
from typing import Any, Final

from deploy.simulator.jobs.admission import applies
from deploy.simulator.model import FilterRule, Job, Op
from deploy.simulator.query.filters import Unreadable
from deploy.simulator.wire.call import Call
from deploy.simulator.wire.errors import HttpError, bad_request

_PREDICATES: Final = frozenset({"jobid", "opcode", "reason"})
_ACTIONS: Final = frozenset({"ACCEPT", "CONTINUE", "PAUSE", "REJECT"})
_DEFAULTS: Final[dict[str, Any]] = {
    "priority": 0,
    "predicates": [],
    "action": "CONTINUE",
    "reason": [],
}


def add_filter(call: Call) -> str:
    """POST /2/filters."""
    return _put(call, call.site.world.ids.uuid())


def replace_filter(call: Call) -> str:
    """PUT /2/filters/x: makes it when it is not there."""
    return _put(call, call.items["uuid"])


def delete_filter(call: Call) -> None:
    """DELETE /2/filters/x."""
    if call.site.state.filters.pop(call.items["uuid"], None) is None:
        raise HttpError(404)
    call.site.queue.look_again()


def _put(call: Call, uuid: str) -> str:
    given = call.dict_body()
    unknown = sorted(set(given) - set(_DEFAULTS))
    if unknown:
        raise bad_request(f"Invalid body parameters: unknown parameters {', '.join(unknown)}")
    values = {**_DEFAULTS, **given}
    trail = [*values["reason"], ["gnt:library:rlib2:filters", "", time_ns()]]
    rule = FilterRule(
        uuid=uuid,
        watermark=call.site.state.last_job,
        priority=_priority(values["priority"]),
        predicates=_predicates(values["predicates"]),
        action=_action(values["action"]),
        reason_trail=trail,
    )
    _try(rule)
    call.site.state.filters[uuid] = rule
    call.site.queue.look_again()
    return uuid


def _priority(given: Any) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise bad_request("The 'priority' parameter should be a non-negative number")
    return given


def _predicates(given: Any) -> list[Any]:
    good = isinstance(given, list) and all(
        isinstance(each, list) and len(each) == 2 and each[0] in _PREDICATES for each in given
    )
    if not good:
        raise bad_request("The 'predicates' parameter should be a list of [name, filter]")
    return list(given)


def _action(given: Any) -> Any:
    limit = isinstance(given, list) and len(given) == 2 and given[0] == "RATE_LIMIT"
    if limit and isinstance(given[1], int) and given[1] > 0:
        return given
    if not isinstance(given, str) or given not in _ACTIONS:
        raise bad_request("The 'action' parameter is not an action")
    return given


def _try(rule: FilterRule) -> None:
    """Refuse a rule that cannot be read before it stands in every job's way."""
    op = Op(input={"OP_ID": "OP_TEST_DELAY", "reason": [["gnt:user", "", 0]]})
    try:
        applies(rule, Job(id=1, ops=[op], received=(0, 0)))
    except Unreadable as error:
        raise bad_request(f"Invalid body parameters: {error}") from None
