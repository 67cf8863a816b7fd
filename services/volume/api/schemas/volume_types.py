"""Bodies about types (Block Storage API v3)."""

from typing import Annotated, Any

from pydantic import AliasChoices, Field, model_validator

from services.volume.api.schemas.base import Closed, Flag, Key, Text

IS_PUBLIC = AliasChoices("os-volume-type-access:is_public", "is_public")


class NewType(Closed):
    """A type to have."""

    name: Annotated[str, Field(strict=True, min_length=1, max_length=255, pattern=r"\S")]
    description: Text | None = None
    is_public: Flag = Field(default=True, validation_alias=IS_PUBLIC)
    extra_specs: dict[Key, Text | None] | None = None


class CreateType(Closed):
    """``POST /types``."""

    volume_type: NewType


class TypeChange(Closed):
    """What may change of a type."""

    name: Annotated[str, Field(strict=True, max_length=255)] | None = None
    description: Text | None = None
    is_public: Flag | None = Field(default=None, validation_alias=IS_PUBLIC)

    @model_validator(mode="after")
    def _something(self) -> "TypeChange":
        if self.name is not None and not self.name.strip():
            raise ValueError("Volume type name can not be empty.")
        if self.name is None and self.description is None and self.is_public is None:
            raise ValueError("Specify volume type name, description, is_public or a combination.")
        return self

    def changes(self) -> dict[str, Any]:
        """Return what was said, by field."""
        said = self.model_dump(exclude_none=True)
        return said | ({"name": self.name.strip()} if self.name else {})


class UpdateType(Closed):
    """``PUT /types/{id}``."""

    volume_type: TypeChange


class ExtraSpecs(Closed):
    """``POST /types/{id}/extra_specs``."""

    extra_specs: Annotated[dict[Key, Text], Field(min_length=1)]


class ProjectAccess(Closed):
    """``addProjectAccess`` and ``removeProjectAccess``."""

    project: Annotated[str, Field(strict=True, min_length=1, max_length=64)]
