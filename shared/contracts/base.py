"""What every event on the bus has in common: a CloudEvents 1.0 envelope around a typed fact.

Source of the shape: CloudEvents 1.0 (structured mode, extensions ``sequence`` and
``partitionkey``). The routing key has five words, ``<service>.<resource>.<past
participle>.<project id or ->.<resource id>``, and consumers bind with ``*``.
"""

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

from shared.clock import utcnow
from shared.ids import new_uuid

EXCHANGE = "cyclades.events"


def word(text: str) -> str:
    """Return the text as one word of a routing key: no dots inside, never empty."""
    return text.replace(".", "_") or "-"


class Fact(BaseModel):
    """Something that is now so, in the past tense: the ``data`` of an event.

    A subclass names its ``resource`` (``service.noun``) and, by properties, who it is about.
    ``verb`` is the past participle. Models grow by optional fields only.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    resource: ClassVar[str]

    verb: str = "observed"

    @property
    def project(self) -> str:
        """The project the fact belongs to; ``-`` where it belongs to none."""
        return "-"

    @property
    def subject(self) -> str:
        """The id of the resource the fact is about."""
        raise TypeError(f"{type(self).__name__} does not say what it is about")

    @property
    def order(self) -> int:
        """The place among the facts about the same resource: only ever grows."""
        return 0

    @property
    def topic(self) -> str:
        """The first three words of the routing key."""
        return f"{self.resource}.{self.verb}"

    @property
    def routing_key(self) -> str:
        """The five words this fact is published under."""
        return f"{self.topic}.{word(self.project)}.{word(self.subject)}"

    def plain(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return self.model_dump(mode="json")

    @classmethod
    def binding(cls, verb: str = "*") -> str:
        """The pattern a queue binds with to get all facts of this kind, or those of one verb."""
        return f"{cls.resource}.{verb}.*.*"


class Envelope(BaseModel):
    """One event as it travels: CloudEvents 1.0, structured JSON."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str = "1.0"
    id: UUID = Field(default_factory=new_uuid)
    source: str
    type: str
    subject: str
    time: datetime = Field(default_factory=utcnow)
    datacontenttype: str = "application/json"
    sequence: str  # zero-padded, so that its order as text is its order as a number
    partitionkey: str
    projectid: str | None = None
    requestid: str | None = None
    data: dict[str, Any]

    @classmethod
    def around(cls, fact: Fact, request_id: str | None = None) -> Self:
        """Return the envelope of a fact.

        Args:
            fact: what happened.
            request_id: the request that led to it, if one did.
        """
        service = fact.resource.split(".", 1)[0]
        return cls(
            source=f"/cyclades/{service}",
            type=f"org.cyclades.{fact.topic}",
            subject=fact.subject,
            sequence=f"{fact.order:020d}",
            partitionkey=fact.subject,
            projectid=None if fact.project == "-" else fact.project,
            requestid=request_id,
            data=fact.model_dump(mode="json"),
        )

    @staticmethod
    def bytes_around(fact: Fact, request_id: str | None = None) -> tuple[UUID, bytes]:
        """Return the id and the bytes of the envelope of a fact: as ``around`` and ``to_json``.

        Every change of everything passes here, so it is written without building a model.
        """
        service = fact.resource.split(".", 1)[0]
        ident, subject = new_uuid(), fact.subject
        fields: dict[str, Any] = {
            "specversion": "1.0",
            "id": ident,
            "source": f"/cyclades/{service}",
            "type": f"org.cyclades.{fact.topic}",
            "subject": subject,
            "time": utcnow(),
            "datacontenttype": "application/json",
            "sequence": f"{fact.order:020d}",
            "partitionkey": subject,
        }
        if (project := fact.project) != "-":
            fields["projectid"] = project
        if request_id is not None:
            fields["requestid"] = request_id
        fields["data"] = fact.plain()
        return ident, orjson.dumps(fields, default=to_jsonable_python, option=orjson.OPT_UTC_Z)

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return the envelope in a delivery.

        Raises:
            pydantic.ValidationError: it is not one; it never will be.
        """
        return cls.model_validate_json(body)

    @classmethod
    def data_in(cls, body: bytes) -> dict[str, Any]:
        """Return the fact in a delivery; the rest of the envelope is for others.

        Raises:
            pydantic.ValidationError: it is not one; it never will be.
        """
        try:
            data = orjson.loads(body)["data"]
        except (ValueError, LookupError, TypeError):
            data = None
        return data if isinstance(data, dict) else cls.read(body).data

    def to_json(self) -> bytes:
        """Return the bytes that go onto the bus."""
        fields = {name: value for name, value in self if value is not None}
        return orjson.dumps(fields, option=orjson.OPT_UTC_Z)
