"""Every saga of compute, by name."""

from collections.abc import Mapping
from typing import Final

from services.compute.effects.act_on_server import REBOOT_SERVER, START_SERVER, STOP_SERVER
from services.compute.effects.attach_interface import ATTACH_INTERFACE
from services.compute.effects.attach_volume import ATTACH_VOLUME
from services.compute.effects.carry_floating_ip import CARRY_FLOATING_IP
from services.compute.effects.cloud import Cloud
from services.compute.effects.create_image import IMAGE_OF_SERVER
from services.compute.effects.create_server import CREATE_SERVER
from services.compute.effects.delete_server import DELETE_SERVER
from services.compute.effects.detach_interface import DETACH_INTERFACE
from services.compute.effects.detach_volume import DETACH_VOLUME
from services.compute.effects.image_of_volumes import IMAGE_OF_SERVERS_VOLUMES
from services.compute.effects.mend_instance import MEND_INSTANCE
from services.compute.effects.move_server import (
    EVACUATE_SERVER,
    LIVE_MIGRATE_SERVER,
    MIGRATE_SERVER,
)
from services.compute.effects.readdress_interface import READDRESS_INTERFACE
from services.compute.effects.rebuild_server import REBUILD_SERVER
from services.compute.effects.remove_instance import REMOVE_INSTANCE
from services.compute.effects.rescue_server import RESCUE_SERVER, UNRESCUE_SERVER
from services.compute.effects.resize_server import RESIZE_SERVER, REVERT_RESIZE
from services.compute.effects.shelve_server import SHELVE_SERVER, UNSHELVE_SERVER
from shared.saga.definition import Saga

# What changes what a server is, or where; one at a time on a server, as start and stop.
LIFECYCLE: Final = (
    RESIZE_SERVER,
    REVERT_RESIZE,
    REBUILD_SERVER,
    IMAGE_OF_SERVER,
    IMAGE_OF_SERVERS_VOLUMES,
    SHELVE_SERVER,
    UNSHELVE_SERVER,
    RESCUE_SERVER,
    UNRESCUE_SERVER,
    MIGRATE_SERVER,
    LIVE_MIGRATE_SERVER,
    EVACUATE_SERVER,
)
# Of a server's devices, each the subject of its own: they run beside each other.
DEVICES: Final = (
    ATTACH_VOLUME,
    DETACH_VOLUME,
    ATTACH_INTERFACE,
    DETACH_INTERFACE,
    CARRY_FLOATING_IP,
    READDRESS_INTERFACE,
)
SAGAS: Final[Mapping[str, Saga[Cloud]]] = {
    saga.name: saga
    for saga in (
        CREATE_SERVER,
        START_SERVER,
        STOP_SERVER,
        REBOOT_SERVER,
        DELETE_SERVER,
        REMOVE_INSTANCE,
        MEND_INSTANCE,
        *LIFECYCLE,
        *DEVICES,
    )
}
