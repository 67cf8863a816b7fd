"""What handlers may use besides the request."""

from dataclasses import dataclass

from aiohttp import web

from services.volume.settings import VolumeSettings
from services.volume.store.stores import Transaction
from services.volume.usecases.connecting import Ways
from services.volume.usecases.images import Images
from shared.db.reads import Reads
from shared.identity.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The parts of the service that handlers call."""

    settings: VolumeSettings
    transaction: Transaction
    reads: Reads
    policy: Policy
    images: Images
    ways: Ways


DEPS = web.AppKey("deps", Deps)
