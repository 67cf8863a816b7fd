"""What handlers may use besides the request."""

from dataclasses import dataclass, field

from aiohttp import web

from services.compute.settings import ComputeSettings
from services.compute.store.stores import Transaction
from services.compute.usecases.consoles import Consoles
from services.compute.usecases.create_servers import Acceptance, AcceptingTurns
from services.compute.usecases.neighbours import Neighbours
from services.compute.usecases.placing import Placing
from services.compute.usecases.proxied import Proxied
from shared.db.reads import Reads
from shared.db.turns import Turns
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
    placing: Placing
    consoles: Consoles
    proxied: Proxied
    accepting: AcceptingTurns = field(default_factory=Turns)

    @property
    def acceptance(self) -> Acceptance:
        """What accepting servers takes."""
        return Acceptance(
            transaction=self.transaction,
            reads=self.reads,
            neighbours=self.neighbours,
            secrets=self.secrets,
            placing=self.placing,
            default_zone=self.settings.default_availability_zone,
            turns=self.accepting,
        )


DEPS = web.AppKey("deps", Deps)
