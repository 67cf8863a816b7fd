"""What handlers may use besides the request."""

from dataclasses import dataclass

from aiohttp import web

from services.image.domain.quota import Limits
from services.image.domain.sources import SourceRules
from services.image.domain.ticket import Signer
from services.image.settings import ImageSettings
from services.image.store.blobs import Blobs
from services.image.store.stores import Transaction
from services.image.usecases.imports import Imports
from services.image.usecases.uploads import Uploads
from shared.db.reads import Reads
from shared.identity.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """The parts of the service that handlers call."""

    settings: ImageSettings
    limits: Limits
    transaction: Transaction
    reads: Reads
    policy: Policy
    blobs: Blobs
    uploads: Uploads
    imports: Imports
    source_rules: SourceRules
    signer: Signer
    upload_signer: Signer


DEPS = web.AppKey("deps", Deps)
