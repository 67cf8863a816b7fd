"""What clients send with actions on servers."""

from typing import Annotated, Literal

from pydantic import Field

from services.compute.api.schemas.fields import Closed, Text


class Lock(Closed):
    """Arguments of ``lock``."""

    locked_reason: Annotated[Text, Field(min_length=1, max_length=255)] | None = None


class ResetState(Closed):
    """Arguments of ``os-resetState``."""

    state: Literal["active", "error"]
