"""Bodies about QoS specs and default types (Block Storage API v3)."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, RootModel, model_validator

from services.volume.api.schemas.base import Closed, Key, Text, Word

RESERVED: Final = frozenset({"name", "consumer"})


class NewQos(Closed):
    """Specs to have; every other key is one of them."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Text]

    name: Annotated[str, Field(strict=True, min_length=1, max_length=255, pattern=r"\S")]
    consumer: Literal["front-end", "back-end", "both"] = "back-end"

    @model_validator(mode="after")
    def _keys(self) -> "NewQos":
        Keys.model_validate(dict(self.__pydantic_extra__))
        return self


class Keys(RootModel[dict[Key, Text]]):
    """Keys and values."""


class CreateQos(Closed):
    """``POST /qos-specs``."""

    qos_specs: NewQos


class QosValues(Closed):
    """``PUT /qos-specs/{id}``: what is given changes."""

    qos_specs: Annotated[dict[Key, Text], Field(min_length=1)]


class QosKeys(Closed):
    """``PUT /qos-specs/{id}/delete_keys``."""

    keys: Annotated[list[Key], Field(min_length=1)]


class DefaultType(Closed):
    """The type to have when none is named, by name or id."""

    volume_type: Word


class SetDefaultType(Closed):
    """``PUT /default-types/{project}`` (3.62)."""

    default_type: DefaultType
