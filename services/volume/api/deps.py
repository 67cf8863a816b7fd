"""What handlers may use besides the request."""

from dataclasses import dataclass

from aiohttp import web

from services.volume.settings import VolumeSettings
from services.volume.store.stores import Transaction
from shared.db.reads import Reads
from shared.identity.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The parts of the service that handlers call."""

    settings: VolumeSettings
    transaction: Transaction
    reads: Reads
    policy: Policy


DEPS = web.AppKey("deps", Deps)
