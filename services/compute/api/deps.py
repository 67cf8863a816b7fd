"""What handlers may use besides the request."""

from dataclasses import dataclass

from aiohttp import web

from services.compute.settings import ComputeSettings
from services.compute.store.stores import Transaction
from services.compute.usecases.neighbours import Neighbours
from shared.db.reads import Reads
from shared.identity.policy import Policy
from shared.secrets_box import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The parts of the service that handlers call."""

    settings: ComputeSettings
    transaction: Transaction
    reads: Reads
    policy: Policy
    secrets: SecretBox
    neighbours: Neighbours


DEPS = web.AppKey("deps", Deps)
