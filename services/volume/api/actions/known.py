"""What is known of an action: what it takes, who may, and who does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from services.volume.api.deps import DEPS
from services.volume.api.policy import scope
from services.volume.domain.volume import Volume
from services.volume.usecases import volumes


@dataclass(frozen=True, slots=True)
class Known:
    """One action."""

    schema: type[BaseModel]
    rule: str
    act: Callable[[web.Request, UUID, Any], Awaitable[web.Response]]
    since: int = 0  # the minor version it came with


async def set_values(request: web.Request, volume_id: UUID, **values: Any) -> Volume:
    """Have a volume with other values."""
    return await volumes.change(
        request.app[DEPS].transaction, volume_id, scope(request), volumes.with_values(**values)
    )
