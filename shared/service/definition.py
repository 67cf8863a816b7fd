"""What a deployment needs to know of a service to run it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.service.parts import Parts
from shared.service.runtime import Service
from shared.settings import ServiceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A service: its name, its settings, how to assemble it, and its migrations."""

    name: str  # compute, network, image, volume, rapi_gateway, ganeti_watcher
    settings: type[ServiceSettings]
    build: Callable[[Any, Parts], Awaitable[Service]]  # (settings, parts) -> Service
    migrations: Path
