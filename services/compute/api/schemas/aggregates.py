"""What administrators send about host aggregates."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from services.compute.api.schemas.fields import Closed, Key, Name, Text, Uuid

Details = dict[Key, Annotated[Text, Field(max_length=255)] | None]


class NewAggregate(Closed):
    """An aggregate to have."""

    name: Name
    availability_zone: Name | None = None


class NewAggregateBody(Closed):
    """The body of ``POST /os-aggregates``."""

    aggregate: NewAggregate


class AggregateChange(Closed):
    """What changes of an aggregate."""

    name: Name = ""  # null is refused; what is not sent is not looked at
    availability_zone: Name | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("{} does not have enough properties")
        return self


class AggregateChangeBody(Closed):
    """The body of ``PUT /os-aggregates/{id}``."""

    aggregate: AggregateChange


class HostName(Closed):
    """A node."""

    host: Annotated[Text, Field(min_length=1, max_length=255)]


class DetailsChange(Closed):
    """New metadata."""

    metadata: Details


class AggregateAction(Closed):
    """The body of ``POST /os-aggregates/{id}/action``: one of the three."""

    add_host: HostName | None = None
    remove_host: HostName | None = None
    set_metadata: DetailsChange | None = None


class Image(Closed):
    """An image to have on the nodes."""

    id: Uuid


class CacheBody(Closed):
    """The body of ``POST /os-aggregates/{id}/images``."""

    cache: Annotated[list[Image], Field(min_length=1)]
