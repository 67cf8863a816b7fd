"""One service under test, and how to speak with it."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import aiohttp
import orjson
import sqlalchemy as sa
from aiohttp import web
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncEngine
from yarl import URL

from tests.integration.hostile.noting import Notes
from tests.integration.hostile.samples import Json
from tests.parts.emptying import empty

PARAMETER: Final = re.compile(r"{(\w+)(?::[^{}]*(?:{[^{}]*}[^{}]*)*)?}")
NOBODYS: Final = "99999999-9999-9999-9999-999999999999"
ANY: Final = "*"
WRITING: Final = frozenset({"POST", "PUT", "PATCH"})
# Requests leave these behind whatever they are answered.
TRACELESS: Final = frozenset({"idempotency"})


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path with parameters in it."""

    method: str
    path: str

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters."""
        return PARAMETER.findall(self.path)

    def at(self, values: Mapping[str, str]) -> str:
        """Return the path with values in it."""
        return PARAMETER.sub(lambda found: values[found[1]], self.path)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON."""
        return orjson.loads(self.raw)


@dataclass(slots=True, kw_only=True)
class Target:
    """A service with things of project A in it.

    Args:
        name: of the service.
        family: of its faults.
        base: where it is.
        session: sends requests.
        engine: of its database.
        metadata: its tables.
        routes: what is walked.
        furnish: empties the service, and has the things of A; sets ``ids`` and ``names``.
        notes: what it is heard doing.
        tidy: puts right what is around the service, where its database holds all the rest: then
            that is copied once, and written back, which is quicker than furnishing again.
        bodies: of routes whose handlers read them by no model, and of actions.
        headers: of every request, but where ``headers_at`` has others.
    """

    name: str
    family: str
    base: str
    session: aiohttp.ClientSession
    engine: AsyncEngine
    metadata: sa.MetaData
    routes: list[Route]
    furnish: Callable[["Target"], Awaitable[None]]
    notes: Notes
    tidy: Callable[[], None] | None = None
    bodies: Mapping[Route, list[Any]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    headers_at: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # by path
    content_types: Mapping[str, str] = field(default_factory=dict)  # by method or last step
    # By "parameter", "collection/parameter" or "last step/parameter".
    ids: dict[str, str] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)  # ids that only A's project may know of
    names: dict[str, Any] = field(default_factory=dict)
    owner: str = "demo"
    stranger: str = "other"
    admin: str = "admin"
    service: str = "service"

    def keys_for(self, route: Route) -> dict[str, str]:
        """Return, by parameter, under which name A's id for it is known, if it is."""
        steps = route.path.split("/")
        keys = {}
        for parameter in route.parameters:
            at = next(n for n, step in enumerate(steps) if step.startswith("{" + parameter))
            around = (steps[at - 1], steps[-1])  # what it is in, and what is done to it
            names = (*(f"{each}/{parameter}" for each in around), parameter)
            keys[parameter] = next((name for name in names if name in self.ids), "")
        return keys

    def values_for(self, route: Route) -> dict[str, str]:
        """Return A's ids for the parameters of the route; nobody's, where none is known."""
        keys = self.keys_for(route)
        return {parameter: self.ids.get(key, NOBODYS) for parameter, key in keys.items()}

    async def ask(
        self,
        method: str,
        path: str,
        who: str,
        content: bytes | None = None,
        **headers: str,
    ) -> Said:
        """Send a request exactly as it is spelled; forget what was noted before."""
        self.notes.clear()
        sent = {"X-Auth-Token": who, **self._headers_for(path), **headers}
        if content is not None:
            ends = "/" + path.partition("?")[0].rpartition("/")[2]
            kinds = self.content_types
            kind = kinds.get(ends, kinds.get(method, "application/json"))
            sent.setdefault("Content-Type", kind)
        url = URL(self.base + path, encoded=True)
        try:
            return await self._send(method, url, content, sent)
        except aiohttp.ServerDisconnectedError:  # it hung up after a refusal: on a new connection
            return await self._send(method, url, content, sent)

    async def _send(
        self, method: str, url: URL, content: bytes | None, headers: Mapping[str, str]
    ) -> Said:
        async with self.session.request(method, url, data=content, headers=headers) as answer:
            return Said(answer.status, dict(answer.headers), await answer.read())

    def _headers_for(self, path: str) -> Mapping[str, str]:
        for beginning, headers in self.headers_at.items():
            if path.startswith(beginning):
                return headers
        return self.headers

    async def digest(self) -> dict[str, str]:
        """Return, by table, what tells whether anything in the database changed."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(_digests(self.metadata))
            return {str(row[0]): str(row[1]) for row in rows}

    async def empty(self) -> None:
        """Have nothing in the database."""
        await empty(self.engine, self.metadata)

    async def _run(self, statements: list[str]) -> None:
        async with self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            await raw.driver_connection.execute("; ".join(statements))

    async def renew(self, content: Any = None) -> Any:
        """Have everything as at first; return the JSON with the new ids for the old ones."""
        if self.tidy is not None and self.ids:
            self.tidy()
            await self._run(_restoring(self.metadata))
            return content
        before = {**self.ids, **self.names}
        await self.furnish(self)
        if self.tidy is not None:
            await self._run(_saving(self.metadata))
        text = orjson.dumps(content).decode()
        for name, old in before.items():
            new = {**self.ids, **self.names}.get(name)
            if isinstance(old, str) and isinstance(new, str) and len(old) >= 32:
                text = text.replace(old, new)
        return orjson.loads(text)


@cache
def _digests(metadata: sa.MetaData) -> sa.CompoundSelect[Any]:
    selects = []
    for name, table in sorted(metadata.tables.items()):
        if name not in TRACELESS:
            row = sa.cast(sa.literal_column(f'"{name}"'), sa.Text)
            whole = sa.func.string_agg(row, aggregate_order_by(sa.literal(","), row))
            digest = sa.func.md5(sa.func.coalesce(whole, ""))
            selects.append(sa.select(sa.literal(name), digest).select_from(table))
    return sa.union_all(*selects)


def _saving(metadata: sa.MetaData) -> list[str]:
    names = [table.name for table in metadata.sorted_tables]
    copies = [f'CREATE TABLE saved."{name}" AS TABLE "{name}"' for name in names]
    return ["DROP SCHEMA IF EXISTS saved CASCADE", "CREATE SCHEMA saved", *copies]


def _restoring(metadata: sa.MetaData) -> list[str]:
    names = [table.name for table in metadata.sorted_tables]
    whole = 'INSERT INTO "{}" OVERRIDING SYSTEM VALUE TABLE saved."{}"'
    emptied = (str(sa.delete(table)) for table in reversed(metadata.sorted_tables))
    return [*emptied, *(whole.format(name, name) for name in names)]


def routes_of(app: web.Application, wanted: Callable[[str], bool]) -> list[Route]:
    """Return the routes of an application whose paths are wanted."""
    found = dict.fromkeys(
        Route(route.method, path)
        for route in app.router.routes()
        if route.resource is not None
        and wanted(path := _template(route.resource))
        and route.method not in {"HEAD", "OPTIONS"}
    )
    return list(found)


def _template(resource: Any) -> str:
    info: Json = resource.get_info()
    return str(info.get("formatter") or info.get("path"))


def every(routes: list[Route]) -> Iterator[Route]:
    """Return the routes; those of any method, which refuse all of them, as one that writes."""
    for route in routes:
        yield replace(route, method="POST") if route.method == ANY else route
