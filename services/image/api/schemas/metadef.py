"""Metadata definitions as callers send them."""

from typing import Annotated, Any, Final, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from services.image.domain.attributes import AttributeNotWritable
from shared.web.body import parsed, read_json
from shared.web.complaints import Wording

Model = TypeVar("Model", bound=BaseModel)

Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Short = Annotated[str, StringConstraints(max_length=80)]
Title = Annotated[str, StringConstraints(max_length=255)]
Text = Annotated[str, StringConstraints(max_length=500)]
Long = Annotated[str, StringConstraints(max_length=4096)]
Kind = Literal["array", "boolean", "integer", "number", "object", "string"]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Whole = Annotated[int, Field(gt=-(2**63), lt=2**63)]
Number = Whole | Annotated[float, Field(allow_inf_nan=False)]
Scalar = Long | bool | Number

READ_ONLY: Final = ("self", "schema", "created_at", "updated_at")
WORDING: Final = Wording(
    unexpected="Provided object does not match schema: '{name}' was unexpected",
    missing="Provided object does not match schema: '{name}' is a required property",
    invalid="Provided object does not match schema: {reason} ({where})",
)


class Closed(BaseModel):
    """A body that knows exactly its members."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def kept(self, *besides: str) -> dict[str, Any]:
        """Return what was sent, as it is kept; besides, what is kept elsewhere."""
        return self.model_dump(
            by_alias=True, exclude_unset=True, exclude_none=True, exclude=set(besides)
        )


class ItemType(Closed):
    """What the members of an array are."""

    type: Kind
    enum: list[Scalar] | None = None


class Definition(Closed):
    """What a property may be, much as JSON schemas say it."""

    model_config = ConfigDict(alias_generator=to_camel)

    title: Title
    type: Kind
    name: Name | None = None
    description: Long | None = None
    operators: list[Title] | None = None
    default: Scalar | list[Scalar] | None = None
    readonly: bool | None = None
    confidential: bool | None = None
    required: list[Title] | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    enum: list[Scalar] | None = None
    pattern: Long | None = None
    min_length: Count | None = None
    max_length: Count | None = None
    items: ItemType | None = None
    unique_items: bool | None = None
    min_items: Count | None = None
    max_items: Count | None = None
    additional_items: bool | None = None


class NamedDefinition(Definition):
    """A property by itself: it has a name."""

    name: Name


class ObjectIn(Closed):
    """Properties that belong together."""

    name: Name
    description: Long | None = None
    required: list[Name] | None = None
    properties: dict[Name, Definition] | None = None


class TagIn(Closed):
    """A word."""

    name: Name


class TagsIn(Closed):
    """All words of a namespace."""

    tags: list[TagIn]


class AssociationIn(Closed):
    """A type of resources the definitions are for."""

    name: Name
    prefix: Short | None = None
    properties_target: Short | None = None


class NamespaceIn(Closed):
    """A namespace, maybe with what it defines."""

    namespace: Name
    display_name: Short | None = None
    description: Text | None = None
    visibility: Literal["public", "private"] = "private"
    protected: bool = False
    owner: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    resource_type_associations: list[AssociationIn] = []
    properties: dict[Name, Definition] = {}
    objects: list[ObjectIn] = []
    tags: list[TagIn] = []


async def read_definition(request: web.Request, model: type[Model]) -> Model:
    """Return the body as the model.

    Raises:
        BadInput: it is not.
        AttributeNotWritable: it sets what only the service sets.
    """
    body = await read_json(request)
    for name in READ_ONLY:
        if isinstance(body, dict) and name in body:
            raise AttributeNotWritable(f"Attribute '{name}' is read-only.")
    return parsed(body, model, WORDING)
