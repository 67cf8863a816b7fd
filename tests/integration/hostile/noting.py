"""Listens in on a service: what it reads bodies by, asks of a query, and judges callers by."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from aiohttp.web_request import BaseRequest
from multidict import MultiDict
from pydantic import BaseModel
from typing_extensions import override

from services.network.api.schemas import attributes
from shared.identity.caller import Caller
from shared.identity.policy import Policy
from tests.integration.hostile.samples import Shape, shape_of_model, shape_of_table


@dataclass
class Notes:
    """What one request made the service do."""

    shapes: list[tuple[Shape, Any]] = field(default_factory=list)  # and what was held to them
    queries: set[str] = field(default_factory=set)
    # Who was judged by which policy, since the beginning.
    policies: dict[Policy, list[Caller]] = field(default_factory=dict)

    def clear(self) -> None:
        """Begin anew."""
        self.shapes.clear()
        self.queries.clear()


class NotingQuery(MultiDict[str]):
    """A query that notes what it is asked for."""

    notes: Notes

    @override
    def get(self, key: str, default: Any = None) -> Any:
        """Return the value."""
        self.notes.queries.add(key)
        return super().get(key, default)

    @override
    def getall(self, key: str, *default: Any) -> Any:
        """Return all values."""
        self.notes.queries.add(key)
        return super().getall(key, *default)

    @override
    def getone(self, key: str, *default: Any) -> Any:
        """Return the value."""
        self.notes.queries.add(key)
        return super().getone(key, *default)

    @override
    def __contains__(self, key: object) -> bool:
        self.notes.queries.add(str(key))
        return super().__contains__(key)


@contextmanager
def listening() -> Iterator[Notes]:
    """Note what services in this process do inside the block; one request at a time."""
    notes = Notes()
    validate = BaseModel.model_validate.__func__  # type: ignore[attr-defined]  # a classmethod
    allows, refuse = Policy.allows, attributes._refuse_unknown

    def noting_validate(cls: type[BaseModel], payload: Any, *rest: Any, **more: Any) -> Any:
        if cls.__module__.startswith("services."):
            notes.shapes.append((shape_of_model(cls), payload))
        return validate(cls, payload, *rest, **more)

    def noting_table(body: Any, table: attributes.Table) -> None:
        notes.shapes.append((shape_of_table(table), body))
        refuse(body, table)

    def noting_query(request: BaseRequest) -> MultiDict[str]:
        query = NotingQuery(request.rel_url.query)
        query.notes = notes
        return query

    def noting_allows(policy: Policy, caller: Any, rule: str, target: Any = None) -> bool:
        judged = notes.policies.setdefault(policy, [])
        if caller not in judged:
            judged.append(caller)
        return allows(policy, caller, rule, target)

    with (
        patch.object(BaseModel, "model_validate", classmethod(noting_validate)),
        patch.object(attributes, "_refuse_unknown", noting_table),
        patch.object(BaseRequest, "query", property(noting_query)),
        patch.object(Policy, "allows", noting_allows),
    ):
        yield notes
