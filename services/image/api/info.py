"""What this image service can do, and how much of it a project uses."""

from typing import Final

from aiohttp import web

from services.image.api.deps import DEPS
from services.image.store.showing import usage_of
from shared.errors import NotFound
from shared.identity.caller import CALLER
from shared.web.answers import answer

MIB: Final = 1024 * 1024
IMPORT: Final = {
    "import-methods": {
        "description": "Import methods available.",
        "type": "array",
        "value": [],
    }
}


async def show_import(_request: web.Request) -> web.Response:
    """``GET /v2/info/import``: images are uploaded, not imported."""
    return answer(IMPORT)


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
    size = limits.size_total // MIB if limits.size_total >= 0 else -1
    return answer(
        {
            "usage": {
                "image_size_total": {"limit": size, "usage": used["size"] // MIB},
                "image_stage_total": {"limit": -1, "usage": 0},
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
