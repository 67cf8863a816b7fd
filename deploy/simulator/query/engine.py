"""Answering one query: which objects, which fields, in which order."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from deploy.simulator.catalogue import FIELDS, unknown_field
from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.jobs.render import FIELDS as JOB_FIELDS
from deploy.simulator.model import Job, Json
from deploy.simulator.query import filters, instances, nodes, places, rows
from deploy.simulator.query.cells import NO_DATA, UNAVAILABLE, UNKNOWN, Cell, normal
from deploy.simulator.query.locks import lock_rows
from deploy.simulator.texts import as_json
from deploy.simulator.world import short_match

UNSUPPORTED = frozenset({"cluster", "os"})
SHORT = frozenset({"instance", "node"})  # known by their names without the domain, too
KINDS = {
    "instance": "Instance name",
    "node": "Node name",
    "group": "Group name or UUID",
    "network": "Network name",
}
CellOf = Callable[[Any, str], Cell]


class Unparsable(Exception):
    """luxid does not understand the request: RAPI answers 502."""


class Unsupported(Exception):
    """luxid understands the request and refuses it: RAPI answers 500."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The objects of one resource, and how to read their fields."""

    items: Collection[Any]
    cell: CellOf


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a query has found."""

    rows: bytes  # JSON
    fields: list[str]
    resource: str
    looked_at: int  # how many objects had to be loaded

    def as_json(self) -> bytes:
        """The body of the answer."""
        defined = _defined(self.resource, tuple(self.fields))
        return b'{"data": ' + self.rows + b', "fields": ' + defined + b"}\n"


@lru_cache(maxsize=512)
def _defined(resource: str, fields: tuple[str, ...]) -> bytes:
    return as_json(definitions(resource, list(fields)))


def _by_name(items: dict[str, Any]) -> list[Any]:
    return [items[name] for name in sorted(items)]


def _exports(site: SimulatedCluster) -> list[Json]:
    rows = []
    for node in sorted(site.state.nodes):
        names = site.state.exports.get(node)
        cells = [normal(name) for name in names] if names else [NO_DATA]
        rows += [{"node": normal(node), "export": cell} for cell in cells]
    return rows


_SOURCES: dict[str, tuple[Callable[[SimulatedCluster], list[Any]], Callable[..., Cell]]] = {
    "instance": (lambda s: _by_name(s.state.instances), instances.cell),
    "node": (lambda s: _by_name(s.state.nodes), nodes.cell),
    "group": (lambda s: _by_name(s.state.groups), places.group_cell),
    "network": (lambda s: _by_name(s.state.networks), places.network_cell),
    "filter": (lambda s: list(s.state.filters.values()), places.filter_cell),
    "lock": (lambda s: lock_rows(s.queue.locks), places.row_cell),
    "export": (_exports, places.row_cell),
}


def definitions(resource: str, names: list[str] | None) -> list[dict[str, str]]:
    """The definitions of the named fields, or of all."""
    _check_resource("QueryFields", resource, names)
    known = FIELDS[resource]
    if names is None:
        return [field.as_json() for field in known.values()]
    return [known.get(name, unknown_field(name)).as_json() for name in names]


def _check_resource(call: str, resource: str, *args: Any) -> None:
    if resource in UNSUPPORTED:
        kind = f"QR{resource.capitalize()}"
        raise Unsupported(f"{call} 'ItemTypeOpCode {kind}' not supported")
    if resource not in FIELDS:
        shown = json.dumps([resource, *args])
        raise Unparsable(
            f"Failed to parse request: Cannot convert value '{shown}', error: "
            f"Can't parse value '{resource}' as neitherQueryTypeLuxi nor QueryTypeOp"
        )


def query(site: SimulatedCluster, resource: str, fields: Any, qfilter: Any) -> Answer:
    """The answer of /2/query/<resource>.

    Raises:
        Unparsable: the request makes no sense to luxid.
        Unsupported: the filter does not fit the data.
    """
    _check_resource("Query", resource, fields, qfilter)
    used: set[str] = set()
    full = _full_names(site, resource, qfilter)
    test = _read(resource, fields, full, used)
    source = _source(site, resource, {*fields, *used}, full)
    try:
        found = _found(source, test)
    except filters.Incomparable as error:
        raise Unsupported(str(error)) from None
    return Answer(
        rows=_shown(site, resource, found, source, fields),
        fields=fields,
        resource=resource,
        looked_at=len(source.items),
    )


def _read(resource: str, fields: Any, qfilter: Any, used: set[str]) -> filters.Test:
    try:
        test = filters.read(qfilter, used, FIELDS[resource].__contains__)
        filters.check_list(fields)
    except filters.Unreadable as error:
        shown = json.dumps([resource, fields, qfilter])
        raise Unparsable(
            f"Failed to parse request: Cannot convert value '{shown}', error: {error}"
        ) from None
    return test


def _found(source: Source, test: filters.Test) -> list[Any]:
    read = source.cell
    if test is filters.everything:
        return list(source.items)
    return [
        item
        for item in source.items
        if test(lambda name, item=item: read(item, name))  # type: ignore[misc]
    ]


def _shown(
    site: SimulatedCluster, resource: str, found: list[Any], source: Source, fields: list[str]
) -> bytes:
    """The rows as JSON."""
    if resource == "instance" and rows.cacheable(site.world, fields):
        return rows.rendered(site.world, found, fields)
    return as_json([[source.cell(item, name) for name in fields] for item in found])


def _source(site: SimulatedCluster, resource: str, names: set[str], qfilter: Any) -> Source:
    if resource == "job":
        return Source(items=_jobs(site, names, qfilter), cell=_job_cell)
    items, cell = _SOURCES[resource]
    return Source(
        items=_by_filter(site, qfilter) if resource == "instance" else items(site),
        cell=lambda item, name: cell(site.world, item, name),
    )


def _full_names(site: SimulatedCluster, resource: str, qfilter: Any) -> Any:
    """Things may be asked for by their names alone, nodes and instances by short ones.

    Raises:
        Unsupported: nothing has one of the names; inside any other filter that is no error.
    """
    known = _named(site).get(resource)
    if known is None or filters.names_only(qfilter, "name") is None:
        return qfilter
    if qfilter[0] == "|":
        return ["|", *(_full_names(site, resource, part) for part in qfilter[1:])]
    wanted = str(qfilter[2])
    full = short_match(wanted, known) if resource in SHORT else wanted
    if full not in known:
        raise Unsupported(f"('{KINDS[resource]} {wanted} not found', 'unknown_entity')")
    return [*qfilter[:2], full]


def _named(site: SimulatedCluster) -> dict[str, dict[str, Any]]:
    state = site.state
    return {
        "instance": state.instances,
        "node": state.nodes,
        "group": state.groups,
        "network": state.networks,
    }


def _by_filter(site: SimulatedCluster, qfilter: Any) -> list[Any]:
    """The instances a filter may let through, by what it says about names."""
    known = site.state.instances
    named = filters.exactly(qfilter, "name")
    if named is None:
        return _by_name(known)
    return [known[name] for name in sorted(named & known.keys())]


def _jobs(site: SimulatedCluster, names: set[str], qfilter: Any) -> Collection[Any]:
    exact = filters.names_only(qfilter, "id")
    if exact is not None and all(isinstance(number, int) for number in exact):
        return [site.queue.find(number) or number for number in sorted(set(exact))]
    if "archived" in names:
        return site.queue.book.everything()
    return site.queue.book.within(qfilter)


def _job_cell(item: Job | int, name: str) -> Cell:
    if name not in JOB_FIELDS:
        return UNKNOWN
    if isinstance(item, int):  # asked for by id, but there is no such job
        return normal(item) if name == "id" else UNAVAILABLE
    return normal(JOB_FIELDS[name](item))
