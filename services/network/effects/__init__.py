"""Effects in Ganeti: the sagas of this service."""

from services.network.effects.cloud import Cloud
from services.network.effects.dissolve_subnet import DISSOLVE_SUBNET
from services.network.effects.materialise_subnet import MATERIALISE_SUBNET
from shared.saga.definition import Saga

SAGAS: dict[str, Saga[Cloud]] = {saga.name: saga for saga in (MATERIALISE_SUBNET, DISSOLVE_SUBNET)}
