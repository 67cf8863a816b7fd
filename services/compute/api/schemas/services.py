"""What administrators send about compute services."""

from typing import Annotated, Literal

from pydantic import Field

from services.compute.api.schemas.fields import Closed, Text
from services.compute.api.schemas.scalars import Flag

HostName = Annotated[Text, Field(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9-._]*$")]
Reason = Annotated[Text, Field(min_length=1, max_length=255)]


class Switch(Closed):
    """A service by its place (until 2.52): ``PUT /os-services/enable`` and ``disable``."""

    host: HostName
    binary: Annotated[Text, Field(min_length=1, max_length=255)]


class SwitchWithReason(Switch):
    """The same, with why: ``PUT /os-services/disable-log-reason``."""

    disabled_reason: Reason


class ForceDown(Switch):
    """``PUT /os-services/force-down`` (2.11 to 2.52)."""

    forced_down: Flag = False


class ServiceUpdate(Closed):
    """``PUT /os-services/{id}`` (since 2.53)."""

    status: Literal["enabled", "disabled"] | None = None
    disabled_reason: Reason | None = None
    forced_down: Flag | None = None
