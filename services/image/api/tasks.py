"""Tasks, for administrators: Glance's API before there were imports. What it made is shown."""

from typing import Final, NoReturn

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.api.paths import parse_id
from services.image.domain.task import TaskNotFound, TaskStatus
from services.image.store.tasks import TaskQuery, list_tasks, show_task
from shared.errors import BadInput, WrongMethod
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read_json
from shared.web.paging import first_path, glance_page, next_path

SORTABLE: Final = ("id", "status", "created_at", "updated_at")


async def index(request: web.Request) -> web.Response:
    """``GET /v2/tasks``."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "tasks_api_access")
    query = _query(request)
    found = await list_tasks(deps.reads, query) if query.limit else ()
    document = {
        "tasks": [task.as_stub() for task in found],
        "first": first_path(request),
        "schema": "/v2/schemas/tasks",
    }
    if found and len(found) == query.limit:
        document["next"] = next_path(request, str(found[-1].id))
    return answer(document)


async def show(request: web.Request) -> web.Response:
    """``GET /v2/tasks/{task_id}``."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "tasks_api_access")
    text = request.match_info["task_id"]
    task_id = parse_id(text)
    if task_id is None:
        raise TaskNotFound(text)
    return answer((await show_task(deps.reads, task_id, "", sees_all=True)).as_json())


async def create(request: web.Request) -> NoReturn:
    """``POST /v2/tasks``: images are imported by their own URL since it exists."""
    request.app[DEPS].policy.require(request[CALLER], "tasks_api_access")
    body = await read_json(request)
    for name in ("type", "input"):
        if not isinstance(body, dict) or name not in body:
            raise BadInput(f"Task '{name}' is required")
    raise BadInput("Tasks are not made here: POST to /v2/images/{image_id}/import instead.")


async def delete(request: web.Request) -> NoReturn:
    """``DELETE /v2/tasks/{task_id}``: they go by themselves."""
    request.app[DEPS].policy.require(request[CALLER], "tasks_api_access")
    raise WrongMethod(
        "This operation is currently not permitted on Glance Tasks. They are auto deleted after "
        "reaching the time based on their expires_at property."
    )


def _query(request: web.Request) -> TaskQuery:
    page = glance_page(request, sortable=SORTABLE)
    status = request.query.get("status")
    if status is not None and status not in list(TaskStatus):
        raise BadInput(f"Invalid status value: {status}")
    marker = None if page.marker is None else parse_id(page.marker)
    if page.marker is not None and marker is None:
        raise BadInput("Invalid marker format")
    first = page.sorts[0] if page.sorts else None
    return TaskQuery(
        status=status,
        sort=first.key if first else "created_at",
        descending=first.descending if first else True,
        limit=page.limit,
        marker=marker,
    )


ROUTES: Final = (
    web.get("/v2/tasks", index, allow_head=False),
    web.post("/v2/tasks", create),
    web.get("/v2/tasks/{task_id}", show, allow_head=False),
    web.delete("/v2/tasks/{task_id}", delete),
)
