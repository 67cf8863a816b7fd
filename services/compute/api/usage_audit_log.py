"""The log of usage audits: nothing here writes one, so every period has an empty one."""

from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from services.compute.api.deps import DEPS
from services.compute.api.queries import name_in
from shared.clock import utcnow
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer

RULE: Final = "os_compute_api:os-instance-usage-audit-log:"
FORMATS: Final = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def _log(before: datetime) -> dict[str, Any]:
    """Return the log of the whole month that ended before a moment."""
    ending = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    beginning = (ending - timedelta(days=1)).replace(day=1)
    return {
        "hosts_not_run": [],
        "log": {},
        "num_hosts": 0,
        "num_hosts_done": 0,
        "num_hosts_not_run": 0,
        "num_hosts_running": 0,
        "overall_status": "ALL hosts done. 0 errors.",
        "period_beginning": str(beginning),
        "period_ending": str(ending),
        "total_errors": 0,
        "total_instances": 0,
    }


async def show_latest(request: web.Request) -> web.Response:
    """Return the log of the last whole month."""
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}list")
    return answer({"instance_usage_audit_logs": _log(utcnow())})


async def show_before(request: web.Request) -> web.Response:
    """Return the log of the last whole month before a moment."""
    request.app[DEPS].policy.require(request[CALLER], f"{RULE}show")
    return answer({"instance_usage_audit_log": _log(_moment(name_in(request, "before")))})


def _moment(text: str) -> datetime:
    for form in FORMATS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  # in UTC, like all of them
        except ValueError:
            continue
    raise BadInput(f"Invalid timestamp for date {text[:64]}")


ROUTES: Final = [
    web.get("/os-instance_usage_audit_log", show_latest),
    web.get("/os-instance_usage_audit_log/{before}", show_before),
]
