"""Imports of images, and the tasks their owners follow them by."""

from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from services.image.api.deps import DEPS
from services.image.api.paths import image_of, viewer_of
from services.image.domain.sources import WEB
from services.image.store.tasks import tasks_of_image
from services.image.usecases.imports import Asked
from services.image.usecases.sources import checked_url
from shared.errors import BadInput
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import parsed, read_json
from shared.web.complaints import Wording
from shared.web.context import request_id_of

WORDING: Final = Wording(
    unexpected="Import request has an unexpected field '{name}'.",
    missing="Import request requires a '{name}' field.",
    invalid="Import request is not valid: {reason} ({where})",
)


class Method(BaseModel):
    """How the bytes come."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    uri: str | None = None


class ImportWanted(BaseModel):
    """An import. There is one store: all of them, which must succeed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    method: Method
    stores: list[str] = []
    all_stores: bool = True
    all_stores_must_succeed: bool = True


async def create(request: web.Request) -> web.Response:
    """``POST /v2/images/{image_id}/import``."""
    deps = request.app[DEPS]
    body = await read_json(request)
    wanted = parsed(body, ImportWanted, WORDING)
    _check(request, wanted)
    image = await image_of(request, "modify_image")
    caller = request[CALLER]
    asked = Asked(
        owner=caller.project_id,
        user_id=caller.user_id,
        request_id=request_id_of(request),
        request=_kept(body, wanted),
    )
    await deps.imports.start(image.id, asked)
    return web.Response(status=202)


async def tasks(request: web.Request) -> web.Response:
    """``GET /v2/images/{image_id}/tasks``: to each who asked for some, its own."""
    image = await image_of(request, "get_image")
    viewer = viewer_of(request)
    found = await tasks_of_image(
        request.app[DEPS].reads, image.id, viewer.project, sees_all=viewer.sees_all
    )
    return answer({"tasks": [task.as_json() for task in found]})


def _check(request: web.Request, wanted: ImportWanted) -> None:
    deps = request.app[DEPS]
    method = wanted.method
    if method.name not in deps.settings.import_methods:
        raise BadInput(f"Unknown import method name '{method.name}'.")
    if not wanted.all_stores_must_succeed:
        raise BadInput("All_stores_must_succeed can only be set with enabled_backends.")
    if wanted.stores:
        raise BadInput("Multi backend is not supported at this site.")
    if method.name == WEB:
        checked_url(method.uri or "", deps.source_rules)
    elif method.uri is not None:
        raise BadInput(f"Import method '{method.name}' takes no uri.")


def _kept(body: Any, wanted: ImportWanted) -> dict[str, Any]:
    """Return the request as its task shows it."""
    return {name: body[name] for name in wanted.model_fields_set}


ROUTES: Final = (
    web.post("/v2/images/{image_id}/import", create),
    web.get("/v2/images/{image_id}/tasks", tasks, allow_head=False),
)
