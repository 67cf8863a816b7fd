"""The paths about jobs and queries."""

import json
from typing import Any

from deploy.simulator.jobs.render import BULK_FIELDS, FIELDS, as_json, is_final
from deploy.simulator.model import Job
from deploy.simulator.query import engine
from deploy.simulator.wire.call import Call
from deploy.simulator.wire.errors import HttpError, bad_request, trouble


def list_jobs(call: Call) -> Any:
    """GET /2/jobs: what is not archived."""
    live = call.site.queue.live()
    if call.flag("bulk"):
        call.looked_at("bulk", len(live))
        return [as_json(job, BULK_FIELDS) for job in live]
    return [{"id": job.id, "uri": f"/2/jobs/{job.id}"} for job in live]


def show_job(call: Call) -> Any:
    """GET /2/jobs/N: 200 with nulls when there is no such job."""
    number = int(call.items["job_id"])
    job = call.site.queue.find(number)
    if job is not None:
        return as_json(job)
    names = (*BULK_FIELDS, "oplog", "opresult")
    return {name: number if name == "id" else None for name in names}


def cancel_job(call: Call) -> Any:
    """DELETE /2/jobs/N."""
    return list(call.site.queue.cancel(int(call.items["job_id"])))


async def wait_for_job(call: Call) -> Any:
    """GET /2/jobs/N/wait: answers on a change, or unchanged when the time is up."""
    if call.body is None:
        raise trouble("'NoneType' object is not subscriptable")
    body = call.dict_body()
    if "fields" not in body:
        raise bad_request("Required parameter 'fields' is missing")
    fields = body["fields"]
    if not isinstance(fields, list):
        raise bad_request("The 'fields' parameter should be a list")
    before, serial = body.get("previous_job_info"), body.get("previous_log_serial")
    _check_previous(before, serial)
    number = int(call.items["job_id"])
    job = call.site.queue.find(number)
    if job is None or job.archived:
        raise trouble("Can't load job file")
    if not is_final(job) and _news(job, fields, before, serial) is None:
        await call.site.queue.change_of(number, at_most=call.site.settings.wait_limit)
    return {"job_info": _values(job, fields), "log_entries": _entries(job, serial)}


def _check_previous(before: Any, serial: Any) -> None:
    if not isinstance(before, (list, type(None))):
        raise bad_request("The 'previous_job_info' parameter should be a list")
    if not isinstance(serial, (int, type(None))):
        raise bad_request("The 'previous_log_serial' parameter should be a number")


def _values(job: Job, fields: list[str]) -> list[Any]:
    return [FIELDS[name](job) if name in FIELDS else None for name in fields]


def _entries(job: Job, serial: int | None) -> list[Any]:
    entries = [entry for op in job.ops for entry in op.log]
    return [entry for entry in entries if serial is None or entry[0] > serial]


def _news(job: Job, fields: list[str], before: Any, serial: int | None) -> bool | None:
    changed = before is None or json.loads(_dump(_values(job, fields))) != before
    return True if changed or _entries(job, serial) else None


def _dump(value: Any) -> str:
    return json.dumps(value)


def query_get(call: Call) -> Any:
    """GET /2/query/x?fields=a,b."""
    return _query(call, _fields(call), None)


def query_put(call: Call) -> Any:
    """PUT /2/query/x with fields and a filter in the body."""
    body = call.dict_body()
    fields = body["fields"] if "fields" in body else _fields(call)
    qfilter = body.get("qfilter", body.get("filter"))
    return _query(call, fields, qfilter)


def _fields(call: Call) -> list[str]:
    raw = call.text("fields")
    if not raw:
        raise bad_request("Missing 'fields' query argument")
    return raw.split(",")


def _query(call: Call, fields: Any, qfilter: Any) -> bytes:
    resource = call.items["resource"]
    try:
        answer = engine.query(call.site, resource, fields, qfilter)
    except engine.Unparsable as error:
        raise HttpError(502, str(error)) from None
    except engine.Unsupported as error:
        raise trouble(str(error)) from None
    call.looked_at(resource, answer.looked_at)
    return answer.as_json()


def query_fields(call: Call) -> Any:
    """GET /2/query/x/fields."""
    raw = call.text("fields")
    try:
        names = raw.split(",") if raw else None
        return {"fields": engine.definitions(call.items["resource"], names)}
    except engine.Unparsable as error:
        raise HttpError(502, str(error)) from None
    except engine.Unsupported as error:
        raise trouble(str(error)) from None
