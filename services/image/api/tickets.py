"""Signed addresses of images, for our services to hand to the nodes of a cluster."""

from typing import Final

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from services.image.api.deps import DEPS
from services.image.api.paths import image_id_of
from services.image.store.showing import show_image
from services.image.usecases.tickets import EVERYTHING, sign_ticket
from shared.identity.caller import CALLER
from shared.web.answers import answer
from shared.web.body import read
from shared.web.links import base_url


class TicketWanted(BaseModel):
    """Who is to reach the image, and where from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str | None = None  # where the nodes reach this service; its public URL if absent


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


ROUTES: Final = (web.post("/internal/v1/images/{image_id}/tickets", create),)
