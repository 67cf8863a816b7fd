"""What administrators send about flavors."""

import unicodedata
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from services.compute.api.schemas.fields import Closed, Key, Name, Text
from services.compute.api.schemas.scalars import Factor, Flag, NotNegative, Positive

FLAVOR_SINCE: Final = {"description": 55}
AUTO: Final = "auto"


def _without_controls(text: str) -> str:
    for character in text:
        if unicodedata.category(character) == "Cc" and not character.isspace():
            raise ValueError("Must be printable characters.")
    return text


def _spec(value: Any) -> Any:
    """Return a number as the text it is kept as."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value


def _ident(value: Any) -> Any:
    """Return a whole number as the text it is kept as."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


FlavorId = Annotated[
    Text,
    BeforeValidator(_ident),
    Field(
        min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9._-]([a-zA-Z0-9. _-]*[a-zA-Z0-9._-])?$"
    ),
]
Words = Annotated[Text, Field(max_length=65535), AfterValidator(_without_controls)]
Spec = Annotated[str, BeforeValidator(_spec), Field(max_length=255)]
Specs = dict[Key, Spec]


class NewFlavor(Closed):
    """A flavor to have."""

    name: Name
    ram: Positive
    vcpus: Positive
    disk: NotNegative
    id: FlavorId | None = None
    ephemeral: NotNegative = Field(default=0, alias="OS-FLV-EXT-DATA:ephemeral")
    swap: NotNegative = 0
    rxtx_factor: Factor = 1.0
    is_public: Flag = Field(default=True, alias="os-flavor-access:is_public")
    description: Words | None = None


class NewFlavorBody(Closed):
    """The body of ``POST /flavors``."""

    flavor: NewFlavor


class FlavorChange(Closed):
    """What may be changed of a flavor."""

    description: Words | None


class FlavorChangeBody(Closed):
    """The body of ``PUT /flavors/{id}``."""

    flavor: FlavorChange


class SpecsBody(Closed):
    """The body of ``POST /flavors/{id}/os-extra_specs``."""

    extra_specs: Specs


class Tenant(Closed):
    """A project."""

    tenant: Annotated[Text, Field(min_length=1, max_length=255)]


class AccessBody(Closed):
    """The body of ``POST /flavors/{id}/action``: one of the two."""

    grant: Tenant | None = Field(default=None, alias="addTenantAccess")
    revoke: Tenant | None = Field(default=None, alias="removeTenantAccess")
