"""Every saga of the volume service, by name."""

from collections.abc import Mapping
from typing import Final

from services.volume.effects.build_volume import BUILD_VOLUME
from services.volume.effects.cloud import Cloud
from services.volume.effects.delete_volume import DELETE_VOLUME
from services.volume.effects.extend_volume import EXTEND_VOLUME
from services.volume.effects.fill_volume import FILL_VOLUME
from services.volume.effects.rewrite_volume import REWRITE_VOLUME
from services.volume.effects.snapshots import CREATE_SNAPSHOT, DELETE_SNAPSHOT
from services.volume.effects.upload_volume import UPLOAD_VOLUME
from shared.saga.definition import Saga

SAGAS: Final[Mapping[str, Saga[Cloud]]] = {
    saga.name: saga
    for saga in (
        FILL_VOLUME,
        BUILD_VOLUME,
        EXTEND_VOLUME,
        DELETE_VOLUME,
        CREATE_SNAPSHOT,
        DELETE_SNAPSHOT,
        REWRITE_VOLUME,
        UPLOAD_VOLUME,
    )
}
