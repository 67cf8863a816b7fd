"""What clients send to attach and detach volumes and interfaces."""

from typing import Annotated, Any, Final

from pydantic import Field, field_validator

from services.compute.api.schemas.fields import AnyIp, Closed, Tag, Text, Uuid

DEVICE: Final = r"^(/dev/)?x{0,1}[a-z]{0,1}d{0,1}[a-z]+[0-9]*$"
DeviceName = Annotated[Text, Field(min_length=1, max_length=255, pattern=DEVICE)]
ATTACH_SINCE: Final = {"tag": 49, "delete_on_termination": 79}
UPDATE_SINCE: Final = {
    "device": 85,
    "tag": 85,
    "delete_on_termination": 85,
    "serverId": 85,
    "id": 85,
}
INTERFACE_SINCE: Final = {"tag": 49}
TRUE: Final = frozenset({"true", "1", "on", "yes", "y", "t"})
FALSE: Final = frozenset({"false", "0", "off", "no", "n", "f"})


def strict_bool(value: Any) -> bool:
    """Return a boolean from JSON's, or from the words Nova takes for one."""
    if isinstance(value, bool):
        return value
    word = value.lower() if isinstance(value, str) else ""
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise ValueError("Must be a boolean.")


class NewAttachment(Closed):
    """A volume for a server."""

    volume_id: Uuid = Field(alias="volumeId")
    device: DeviceName | None = None
    tag: Tag | None = None
    delete_on_termination: bool = False

    _words = field_validator("delete_on_termination", mode="before")(strict_bool)


class AttachVolume(Closed):
    """``POST /servers/{id}/os-volume_attachments``."""

    attachment: NewAttachment = Field(alias="volumeAttachment")


class ChangedAttachment(Closed):
    """What a volume attachment is to be."""

    volume_id: Uuid = Field(alias="volumeId")
    device: DeviceName | None = None
    tag: Tag | None = None
    delete_on_termination: bool | None = None
    server_id: Uuid | None = Field(default=None, alias="serverId")
    id: Uuid | None = None

    @field_validator("delete_on_termination", mode="before")
    @classmethod
    def _words(cls, value: Any) -> bool | None:
        return None if value is None else strict_bool(value)


class UpdateAttachment(Closed):
    """``PUT /servers/{id}/os-volume_attachments/{volume_id}``."""

    attachment: ChangedAttachment = Field(alias="volumeAttachment")


class Address(Closed):
    """An address of an interface."""

    ip_address: AnyIp


class NewInterface(Closed):
    """An interface for a server: in a network, or by a port."""

    net_id: Uuid | None = None
    port_id: Uuid | None = None
    fixed_ips: Annotated[list[Address], Field(min_length=1, max_length=1)] | None = None
    tag: Tag | None = None


class AttachInterface(Closed):
    """``POST /servers/{id}/os-interface``; without anything: the project's only network."""

    interface: NewInterface | None = Field(default=None, alias="interfaceAttachment")


class GroupName(Closed):
    """Arguments of ``addSecurityGroup``: a name or an id."""

    name: Annotated[Text, Field(min_length=1, max_length=255)]


class InNetwork(Closed):
    """Arguments of ``addFixedIp``."""

    network_id: Uuid = Field(alias="networkId")


class TheIp(Closed):
    """Arguments of ``removeFloatingIp``."""

    address: AnyIp


class FixedIp(TheIp):
    """Arguments of ``removeFixedIp``."""


class FloatingIp(TheIp):
    """Arguments of ``addFloatingIp``."""

    fixed_address: AnyIp | None = None
