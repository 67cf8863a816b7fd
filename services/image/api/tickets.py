"""Signed addresses of images, for our services to hand to the nodes of a cluster."""

from typing import Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from services.image.api.deps import DEPS
from services.image.api.paths import image_id_of
from services.image.store.showing import show_image
from services.image.usecases.tickets import EVERYTHING, UploadTerms, sign_ticket, sign_upload
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read
from shared.web.context import request_id_of
from shared.web.links import base_url


class TicketWanted(BaseModel):
    """Who is to reach the image, and where from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None  # where the nodes reach this service; its public URL if absent


class UploadWanted(TicketWanted):
    """What will be sent, and whether the image is of use without it."""

    disk_format: Literal["raw", "qcow2"]
    on_failure: Literal["queue", "delete"] = "queue"


async def create(request: web.Request) -> web.Response:
    """``POST /internal/v1/images/{image_id}/tickets``."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "create_image_ticket")
    wanted = await read(request, TicketWanted)
    image = await show_image(deps.reads, image_id_of(request), EVERYTHING)
    ticket = sign_ticket(
        deps.signer, image, wanted.base_url or base_url(request), deps.settings.ticket_seconds
    )
    return answer(ticket.model_dump(mode="json"))


async def create_upload(request: web.Request) -> web.Response:
    """``POST /internal/v1/images/{image_id}/upload-tickets``."""
    deps = request.app[DEPS]
    deps.policy.require(request[CALLER], "create_image_ticket")
    wanted = await read(request, UploadWanted)
    ticket = await sign_upload(
        deps.transaction,
        deps.upload_signer,
        image_id_of(request),
        UploadTerms(disk_format=wanted.disk_format, on_failure=wanted.on_failure),
        wanted.base_url or base_url(request),
        limits=deps.limits,
        seconds=deps.settings.ticket_seconds,
        request_id=request_id_of(request),
    )
    return answer(ticket.model_dump(mode="json"))


ROUTES: Final = (
    web.post("/internal/v1/images/{image_id}/tickets", create),
    web.post("/internal/v1/images/{image_id}/upload-tickets", create_upload),
)
