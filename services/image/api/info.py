"""What this image service can do, and how much of it a project uses."""

from typing import Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.store.showing import usage_of
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer

MIB: Final = 1024 * 1024


async def show_import(request: web.Request) -> web.Response:
    """``GET /v2/info/import``."""
    methods = {
        "description": "Import methods available.",
        "type": "array",
        "value": request.app[DEPS].settings.import_methods,
    }
    return answer({"import-methods": methods})


async def show_stores(_request: web.Request) -> web.Response:
    """``GET /v2/info/stores``: there is one, which is nobody's business."""
    raise NotFound("Multi backend is not supported at this site.")


async def show_usage(request: web.Request) -> web.Response:
    """``GET /v2/info/usage``."""
    deps = request.app[DEPS]
    caller = request[CALLER]
    deps.policy.require(caller, "get_usage")
    used = await usage_of(deps.reads, caller.project_id)
    limits = deps.limits
    size, staged = (
        most // MIB if most >= 0 else -1 for most in (limits.size_total, limits.stage_total)
    )
    return answer(
        {
            "usage": {
                "image_size_total": {"limit": size, "usage": used["size"] // MIB},
                "image_stage_total": {"limit": staged, "usage": used["staged"] // MIB},
                "image_count_total": {"limit": limits.count_total, "usage": used["count"]},
                "image_count_uploading": {
                    "limit": limits.count_uploading,
                    "usage": used["uploading"],
                },
            }
        }
    )


ROUTES: Final = (
    web.get("/v2/info/import", show_import, allow_head=False),
    web.get("/v2/info/stores", show_stores, allow_head=False),
    web.get("/v2/info/stores/detail", show_stores, allow_head=False),
    web.get("/v2/info/usage", show_usage, allow_head=False),
)
