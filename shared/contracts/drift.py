"""Facts for operators: what the cloud and its clusters disagree on, once it has lasted."""

from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

from shared.contracts.base import Fact

FOUND, ENDED = "found", "ended"
LASTS: Final = 2  # looks that a difference has to be there in until it is told, and acted on


class DriftChanged(Fact):
    """A difference has lasted two looks (``found``), or is no longer there (``ended``)."""

    cluster: str
    kind: str
    id: str  # of the server, subnet, volume or snapshot
    what: str = ""  # the port, the address, both values
    looks: int = 0  # in which it was there

    @property
    @override
    def subject(self) -> str:
        return self.id

    @property
    @override
    def order(self) -> int:
        return self.looks


class ServersDrift(DriftChanged):
    """Of a server and its instance."""

    resource: ClassVar[str] = "compute.drift"


class SubnetsDrift(DriftChanged):
    """Of a subnet and its Ganeti network."""

    resource: ClassVar[str] = "network.drift"


class VolumesDrift(DriftChanged):
    """Of a volume or snapshot and what is stored of it."""

    resource: ClassVar[str] = "volume.drift"


class DriftShown(BaseModel):
    """One difference, as ``GET /v1/drift`` of compute, network and volume shows it."""

    model_config = ConfigDict(frozen=True)

    cluster: str
    kind: str
    id: str
    what: str
    looks: int
    since: str  # RFC 3339
    is_healed: bool  # by us; people have to judge the others
