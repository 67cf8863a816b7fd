"""Every URL of the volume service, in one screen."""

from typing import Final

from services.volume.api import (
    attachments,
    default_types,
    drift,
    extensions,
    group_snapshots,
    group_types,
    groups,
    limits,
    messages,
    not_here,
    qos,
    services,
    snapshot_metadata,
    snapshots,
    transfers,
    versions,
    volume_actions,
    volume_metadata,
    volume_types,
    volumes,
)
from services.volume.api.paths import storable
from shared.web.projects import in_both_forms

ROUTES: Final = [
    *versions.ROUTES,
    *drift.ROUTES,
    *in_both_forms(
        "/v3",
        storable(
            [
                *volumes.ROUTES,
                *volume_metadata.ROUTES,
                *volume_actions.ROUTES,
                *volume_types.ROUTES,
                *snapshots.ROUTES,
                *snapshot_metadata.ROUTES,
                *attachments.ROUTES,
                *messages.ROUTES,
                *default_types.ROUTES,
                *qos.ROUTES,
                *limits.ROUTES,
                *services.ROUTES,
                *extensions.ROUTES,
                *transfers.ROUTES,
                *group_types.ROUTES,
                *groups.ROUTES,
                *group_snapshots.ROUTES,
                *not_here.ROUTES,
            ]
        ),
    ),
]
