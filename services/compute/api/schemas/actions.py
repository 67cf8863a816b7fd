"""What clients send with actions on servers."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from services.compute.api.schemas.fields import (
    Closed,
    Description,
    FullHostname,
    IPv4,
    IPv6,
    Metadata,
    Name,
    Text,
    Uuid,
)
from services.compute.api.schemas.scalars import Flag, NotNegative
from services.compute.api.schemas.servers import File, UserData, flavor_id_in

FlavorRef = Annotated[Any, AfterValidator(flavor_id_in)]


class Lock(Closed):
    """Arguments of ``lock``."""

    locked_reason: Annotated[Text, Field(min_length=1, max_length=255)] | None = None


class ResetState(Closed):
    """Arguments of ``os-resetState``."""

    state: Literal["active", "error"]


class Resize(Closed):
    """Arguments of ``resize``."""

    flavor_ref: FlavorRef = Field(alias="flavorRef")
    disk_config: Literal["AUTO", "MANUAL"] | None = Field(default=None, alias="OS-DCF:diskConfig")


class Rebuild(Closed):
    """Arguments of ``rebuild``."""

    image_ref: Uuid = Field(alias="imageRef")
    name: Name | None = None
    admin_pass: Text | None = Field(default=None, alias="adminPass", repr=False)
    metadata: Metadata | None = None
    preserve_ephemeral: Flag = False
    disk_config: Literal["AUTO", "MANUAL"] | None = Field(default=None, alias="OS-DCF:diskConfig")
    access_ipv4: IPv4 = Field(default=None, alias="accessIPv4")
    access_ipv6: IPv6 = Field(default=None, alias="accessIPv6")
    personality: list[File] = []
    description: Description | None = None
    key_name: Annotated[Text, Field(min_length=1, max_length=255)] | None = None
    user_data: UserData = None
    trusted_image_certificates: list[str] | None = None
    hostname: FullHostname | None = None


class CreateImage(Closed):
    """Arguments of ``createImage``."""

    name: Name
    metadata: Metadata = {}


class CreateBackup(CreateImage):
    """Arguments of ``createBackup``."""

    backup_type: Annotated[Text, Field(max_length=255)]
    rotation: NotNegative


class Unshelve(Closed):
    """Arguments of ``unshelve``."""

    availability_zone: Annotated[Text, Field(min_length=1, max_length=255)] | None = None
    host: Annotated[Text, Field(min_length=1, max_length=255)] | None = None


class Rescue(Closed):
    """Arguments of ``rescue``."""

    admin_pass: Text | None = Field(default=None, alias="adminPass", repr=False)
    rescue_image_ref: Uuid | None = None


class Migrate(Closed):
    """Arguments of ``migrate``."""

    host: Annotated[Text, Field(min_length=1, max_length=255)] | None = None


class LiveMigrate(Closed):
    """Arguments of ``os-migrateLive``."""

    host: Annotated[Text, Field(min_length=1, max_length=255)] | None = None
    block_migration: Flag | Literal["auto"] = False
    disk_over_commit: Flag = False
    force: Flag = False


class Evacuate(Closed):
    """Arguments of ``evacuate``."""

    host: Annotated[Text, Field(min_length=1, max_length=255)] | None = None
    admin_pass: Text | None = Field(default=None, alias="adminPass", repr=False)
    on_shared_storage: Flag | None = Field(default=None, alias="onSharedStorage")
    force: Flag = False


class ForceComplete(Closed):
    """``POST /servers/{id}/migrations/{id}/action``."""

    force_complete: None
