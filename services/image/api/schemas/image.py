"""The members of an image's JSON that callers may send, and what they may be."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.image.domain.attributes import LONGEST, WRITABLE
from services.image.domain.image import Visibility
from shared.errors import BadInput
from shared.web.body import parsed
from shared.web.complaints import Wording

WORDING: Final = Wording(
    unexpected="Provided object does not match schema 'image': '{name}' was unexpected",
    missing="Provided object does not match schema 'image': '{name}' is a required property",
    invalid="Provided object does not match schema 'image': {reason} ({where})",
)
MOST: Final = 2**31 - 1
LONGEST_MAPPING: Final = 8192  # characters: every disk of a server takes some 300

Text = Annotated[str, StringConstraints(max_length=LONGEST)]
Count = Annotated[int, Field(ge=0, le=MOST)]
Container = Literal["ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"]
Disk = Literal[
    "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop", "gpt"
]


def _uuid(given: Any) -> Any:
    return UUID(given) if isinstance(given, str) and len(given) == 36 else given


def _visibility(given: Any) -> Any:
    return Visibility(given) if isinstance(given, str) and given in list(Visibility) else given


class ImageAttributes(BaseModel):
    """Members of an image; whatever else is there is a property of the caller's own."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Text]

    id: Annotated[UUID, BeforeValidator(_uuid)] | None = None
    owner: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)] = ""
    name: Text | None = None
    visibility: Annotated[Visibility, BeforeValidator(_visibility)] = Visibility.SHARED
    protected: bool = False
    os_hidden: bool = False
    container_format: Container | None = None
    disk_format: Disk | None = None
    min_disk: Count = 0
    min_ram: Count = 0
    tags: list[Text] = []
    # A property as any other, but for its length: Nova's, of an image whose disks are volumes.
    block_device_mapping: Annotated[str, StringConstraints(max_length=LONGEST_MAPPING)] = ""

    @property
    def given(self) -> dict[str, Any]:
        """The members of every image that were sent, as an image has them."""
        values = {name: getattr(self, name) for name in WRITABLE & self.model_fields_set}
        if "tags" in values:
            values["tags"] = tuple(dict.fromkeys(values["tags"]))
        return values

    @property
    def properties(self) -> dict[str, str]:
        """The caller's own properties."""
        if "block_device_mapping" not in self.model_fields_set:
            return dict(self.__pydantic_extra__)
        return {**self.__pydantic_extra__, "block_device_mapping": self.block_device_mapping}


def checked(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return members of an image as it has them (``domain.change``).

    Raises:
        BadInput: a member is not what it must be.
    """
    attributes = read_attributes(members)
    return {**attributes.properties, **attributes.given}


def read_attributes(payload: Any) -> ImageAttributes:
    """Return the JSON as members of an image.

    Raises:
        BadInput: it is not.
    """
    attributes = parsed(payload, ImageAttributes, WORDING)
    for name in attributes.properties:
        if not 0 < len(name) <= LONGEST:
            raise BadInput(
                f"Provided object does not match schema 'image': the name of a property must "
                f"have 1 to {LONGEST} characters"
            )
    return attributes
