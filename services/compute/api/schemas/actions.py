"""What clients send with actions on servers."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from services.compute.api.schemas.fields import Closed, Text
from services.compute.api.schemas.servers import flavor_id_in

FlavorRef = Annotated[Any, AfterValidator(flavor_id_in)]


class Lock(Closed):
    """Arguments of ``lock``."""

    locked_reason: Annotated[Text, Field(min_length=1, max_length=255)] | None = None


class ResetState(Closed):
    """Arguments of ``os-resetState``."""

    state: Literal["active", "error"]


class Resize(Closed):
    """Arguments of ``resize``."""

    flavor_ref: FlavorRef = Field(alias="flavorRef")
    disk_config: Literal["AUTO", "MANUAL"] | None = Field(default=None, alias="OS-DCF:diskConfig")
