"""What clients send to create and to change servers."""

import base64
import binascii
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from services.compute.api.schemas.block_devices import BlockDevice, LegacyDevice
from services.compute.api.schemas.fields import (
    AnyIp,
    Closed,
    Count,
    Description,
    FullHostname,
    IPv4,
    IPv6,
    Metadata,
    Name,
    Tag,
    Text,
    Uuid,
)

NOTHING: Final = ("", None)
SINCE: Final = {
    "description": 19,
    "tags": 52,
    "trusted_image_certificates": 63,
    "host": 74,
    "hypervisor_hostname": 74,
    "hostname": 90,
}
UNTIL: Final = {"personality": 56}
UPDATE_SINCE: Final = {"description": 19, "hostname": 90}


def _user_data(text: str | None) -> str | None:
    return None if text is None else _base64(text)


def _base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise ValueError("must be base64 encoded") from wrong
    return text


def flavor_id_in(given: Any) -> str:
    """Return the id in a flavor's id or address."""
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueError("Must be a string.")  # noqa: TRY004  # pydantic wants ValueError
    ident = str(given).rstrip("/").rpartition("/")[2]
    if not ident:
        raise ValueError("Must not be empty.")
    return ident


UserData = Annotated[str | None, Field(max_length=65535, repr=False), AfterValidator(_user_data)]


class NetworkItem(Closed):
    """One NIC: a network, or a port."""

    uuid: Uuid | None = None
    port: Uuid | None = None
    fixed_ip: AnyIp | None = None
    tag: Tag | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.uuid is None and self.port is None:
            raise ValueError("Invalid input for networks: a uuid or a port is needed.")
        if self.port is not None and self.fixed_ip is not None:
            raise ValueError("Specified Fixed IP cannot be used with port.")
        return self


class GroupItem(Closed):
    """A security group, by name or id."""

    name: Annotated[Text, Field(min_length=1, max_length=255)]


class File(Closed):
    """A file to put into the guest."""

    path: Annotated[Text, Field(min_length=1, max_length=255)]
    contents: Annotated[Text, Field(repr=False), AfterValidator(_base64)]


class NewServer(Closed):
    """A server to make."""

    name: Name
    flavor_ref: Annotated[Any, AfterValidator(flavor_id_in)] = Field(alias="flavorRef")
    image_ref: Text | None = Field(default=None, alias="imageRef")
    admin_pass: Text | None = Field(default=None, alias="adminPass", repr=False)
    metadata: Metadata = {}
    networks: list[NetworkItem] | Literal["auto", "none"] | None = None
    disk_config: Literal["AUTO", "MANUAL"] = Field(default="MANUAL", alias="OS-DCF:diskConfig")
    access_ipv4: IPv4 = Field(default=None, alias="accessIPv4")
    access_ipv6: IPv6 = Field(default=None, alias="accessIPv6")
    availability_zone: Annotated[Text, Field(min_length=1, max_length=255)] | None = None
    block_device_mapping: list[LegacyDevice] = []
    block_device_mapping_v2: list[BlockDevice] = []
    config_drive: bool | None = None
    key_name: Annotated[Text, Field(min_length=1, max_length=255)] | None = None
    min_count: Count | None = None
    max_count: Count | None = None
    return_reservation_id: bool = False
    security_groups: list[GroupItem] = []
    user_data: UserData = None
    personality: list[File] = []
    description: Description | None = None
    tags: Annotated[list[Tag], Field(max_length=50)] = []
    trusted_image_certificates: list[str] | None = None
    host: Text | None = None
    hypervisor_hostname: Text | None = None
    hostname: FullHostname | None = None


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


ServerIds = Annotated[list[Uuid], BeforeValidator(_several), Field(min_length=1, max_length=255)]


class Hints(BaseModel):
    """What the scheduler is told; of unknown hints there may be any."""

    model_config = ConfigDict(extra="allow")

    group: Uuid | None = None
    same_host: ServerIds | None = None
    different_host: ServerIds | None = None
    # Known to Nova's filters, and to none here: only their shapes are seen to.
    query: str | dict[str, Any] | None = None
    target_cell: Text | None = None
    different_cell: str | list[str] | None = None
    build_near_host_ip: AnyIp | None = None
    cidr: Annotated[Text, Field(max_length=64, pattern=r"^/[0-9a-f.:]+$")] | None = None


class CreateServer(Closed):
    """``POST /servers``."""

    server: NewServer
    hints: Hints = Field(default=Hints(), alias="os:scheduler_hints")
    old_hints: Hints = Field(default=Hints(), alias="OS-SCH-HNT:scheduler_hints")

    @property
    def group_id(self) -> UUID | None:
        """The server group that is asked for."""
        group = self.hints.group or self.old_hints.group
        return None if group is None else UUID(group)

    @property
    def near(self) -> dict[str, tuple[str, ...]]:
        """The servers whose nodes it is to go to, or not to, by the name of the hint."""
        found = {
            name: getattr(self.hints, name) or getattr(self.old_hints, name)
            for name in ("same_host", "different_host")
        }
        return {name: tuple(dict.fromkeys(ids)) for name, ids in found.items() if ids}


class ServerUpdate(Closed):
    """What may be changed about a server."""

    name: Name | None = None
    access_ipv4: IPv4 = Field(default=None, alias="accessIPv4")
    access_ipv6: IPv6 = Field(default=None, alias="accessIPv6")
    disk_config: Literal["AUTO", "MANUAL"] | None = Field(default=None, alias="OS-DCF:diskConfig")
    description: Description | None = None
    hostname: FullHostname | None = None


class UpdateServer(Closed):
    """``PUT /servers/{id}``."""

    server: ServerUpdate


class MetadataBody(Closed):
    """``POST`` and ``PUT`` of all metadata."""

    metadata: Metadata


class MetaBody(Closed):
    """``PUT`` of one item of metadata."""

    meta: Annotated[Metadata, Field(min_length=1, max_length=1)]


class TagsBody(Closed):
    """``PUT`` of all tags."""

    tags: Annotated[list[Tag], Field(max_length=50)]


class Reboot(Closed):
    """Arguments of ``reboot``."""

    type: Literal["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]
