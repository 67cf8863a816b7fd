"""Lists and shows: one statement each, and what it brings is sent as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final
from uuid import UUID

import orjson

from services.network.domain.resource import View
from services.network.store.listings import Filter, Kind, Listing
from shared.db.reads import Reads

TAGS: Final = {
    "tags": "tags @> ${n}::jsonb",
    "tags-any": "tags ?| ${n}::text[]",
    "not-tags": "NOT tags @> ${n}::jsonb",
    "not-tags-any": "NOT tags ?| ${n}::text[]",
}
COMPARISONS: Final = {
    Kind.TEXT: "{expression} = ANY(${n}::text[])",
    Kind.UUID: "{expression} = ANY(${n}::uuid[])",
    Kind.INTEGER: "{expression} = ANY(${n}::bigint[])",
    Kind.BOOLEAN: "{expression} = ANY(${n}::boolean[])",
    Kind.HOLDS: "{expression} ?| ${n}::text[]",
    Kind.MOMENT: "{expression} = ANY(${n}::timestamptz[])",
    Kind.SINCE: "{expression} >= ANY(${n}::timestamptz[])",
}
HAVING_ADDRESS: Final = "id IN (SELECT a.port_id FROM addresses a WHERE "
ADDRESSES: Final = {
    "ip_address": HAVING_ADDRESS + "a.address = ANY(${n}::text[]::inet[]))",
    "subnet_id": HAVING_ADDRESS + "a.subnet_id = ANY(${n}::uuid[]))",
    "ip_address_substr": HAVING_ADDRESS + "host(a.address) LIKE ANY(${n}::text[]))",
}
LARGEST: Final = 2**63 - 1
BEGINNING: Final = '{"id":"'  # of every document; an id and a quote follow
ID_LENGTH: Final = 36


class NotAFilter(Exception):
    """A value that the filter's attribute cannot have; its text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One key of an order, and its direction."""

    key: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is asked for."""

    filters: Mapping[str, Sequence[str]]
    orders: Sequence[Order] = ()
    marker: UUID | None = None
    limit: int | None = None
    backwards: bool = False


class Query:
    """A SELECT as it grows, with its parameters."""

    def __init__(self, listing: Listing, view: View) -> None:
        self._listing = listing
        self._column = "admin_doc"
        self.parameters: list[object] = []
        self.conditions: list[str] = []
        self._seen = "true"  # of the marker too: what nobody sees is nothing to go on after
        if not view.everything:
            self._seen = listing.visible.replace("{project}", "$1::text")
            self.add(listing.visible.replace("{project}", "${n}::text"), view.project_id)
            self._column = listing.shown.replace("{project}", "$1::text")

    def add(self, condition: str, parameter: object) -> None:
        """Narrow the query; ``${n}`` in the condition is the parameter's number."""
        self.parameters.append(parameter)
        self.conditions.append(condition.replace("{n}", str(len(self.parameters))))

    def narrow(self, filters: Mapping[str, Sequence[str]]) -> None:
        """Narrow the query by what the client filters by.

        Raises:
            NotAFilter: a value that is none of the attribute's.
        """
        for key, values in filters.items():
            if self._listing.has_tags and key in TAGS:
                self._narrow_by_tags(key, values)
                continue
            known = self._listing.filters[key]
            if known.kind is Kind.FIXED_IPS:
                self._narrow_by_addresses(values)
            else:
                comparison = COMPARISONS[known.kind].replace("{expression}", known.expression)
                self.add(comparison, _read(known, values))

    def _narrow_by_tags(self, key: str, values: Sequence[str]) -> None:
        tags = [tag for value in values for tag in value.split(",")]
        self.add(TAGS[key], tags if key.endswith("any") else orjson.dumps(tags).decode())

    def _narrow_by_addresses(self, values: Sequence[str]) -> None:
        asked: dict[str, list[str]] = {}
        for value in values:
            key, _, wanted = value.partition("=")
            if key not in ADDRESSES:
                raise NotAFilter(f"Invalid filter on fixed_ips: {value}")
            asked.setdefault(key, []).append(wanted)
        for key, values_of_key in asked.items():
            self.add(ADDRESSES[key], _addresses(key, values_of_key))

    def text(self, wanted: Wanted) -> str:
        """Return the SQL of one page."""
        listing = self._listing
        orders = [
            (listing.sorts[each.key], each.descending != wanted.backwards) for each in wanted.orders
        ]
        if not any(expression == "id" for expression, _ in orders):
            orders.append(("id", wanted.backwards))
        if wanted.marker is not None:
            marked = f"FROM {listing.table} WHERE id = ${{n}}::uuid AND ({self._seen})"
            self.add(_after_marker(marked, orders), wanted.marker)
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        by = ", ".join(f"{expression} {'DESC' if down else 'ASC'}" for expression, down in orders)
        limit = "" if wanted.limit is None else f" LIMIT {int(wanted.limit)}"
        return f"SELECT {self._column} AS doc FROM {listing.table}{where} ORDER BY {by}{limit}"


def _after_marker(marked: str, orders: Sequence[tuple[str, bool]]) -> str:
    """Return the condition of rows that come after the marker's in this order.

    Args:
        marked: where the marker's row is: ``FROM`` and ``WHERE``.
        orders: expressions, and whether each descends.
    """
    alternatives = []
    for position, (expression, down) in enumerate(orders):
        same = [f"{each} = (SELECT {each} {marked})" for each, _ in orders[:position]]
        beyond = f"{expression} {'<' if down else '>'} (SELECT {expression} {marked})"
        alternatives.append(f"({' AND '.join([*same, beyond])})")
    return f"({' OR '.join(alternatives)})"


def _read(known: Filter, values: Sequence[str]) -> list[Any]:
    if known.kind is Kind.UUID:
        return _uuids(values)
    if known.kind is Kind.INTEGER:
        return [_integer(each) for each in values]
    if known.kind is Kind.BOOLEAN:
        return [_boolean(each) for each in values]
    if known.kind in (Kind.MOMENT, Kind.SINCE):
        return [_moment(each) for each in values]
    return list(values)


def _uuids(values: Sequence[str]) -> list[UUID]:
    found = []
    for each in values:
        try:
            found.append(UUID(each))
        except ValueError:
            continue  # nobody has such an id
    return found


def _integer(value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        raise NotAFilter(f"'{value}' is not an integer") from None
    if abs(number) > LARGEST:
        raise NotAFilter(f"'{value}' is too large")
    return number


def _moment(value: str) -> datetime:
    try:
        return datetime.strptime(value.removesuffix("Z"), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise NotAFilter(
            f"'{value}' is no time: it must be in the format YYYY-MM-DDTHH:MM:SS[Z]"
        ) from None


def _boolean(value: str) -> bool:
    written = value.lower()
    if written in {"true", "1"}:
        return True
    if written in {"false", "0"}:
        return False
    raise NotAFilter(f"'{value}' cannot be converted to boolean")


def _addresses(key: str, values: Sequence[str]) -> list[Any]:
    if key == "subnet_id":
        return _uuids(values)
    if key == "ip_address_substr":
        return ["%" + _escaped(each) + "%" for each in values]
    found = []
    for each in values:
        try:
            found.append(str(ip_address(each)))
        except ValueError:
            continue  # nobody has such an address
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def id_of(document: str) -> str:
    """Return whose document this is."""
    return document[len(BEGINNING) : len(BEGINNING) + ID_LENGTH]


async def page(reads: Reads, listing: Listing, view: View, wanted: Wanted) -> list[str]:
    """Return the documents of one page of a list, in its order; one statement.

    Raises:
        NotAFilter: a filter's value is none of the attribute's.
    """
    query = Query(listing, view)
    query.narrow(wanted.filters)
    text = query.text(wanted)
    rows = await reads.rows(text, *query.parameters)
    found = [row[0] for row in rows]
    return found[::-1] if wanted.backwards else found


async def one(reads: Reads, listing: Listing, view: View, thing_id: UUID) -> str | None:
    """Return a resource as it is sent; None when the caller may not see it."""
    query = Query(listing, view)
    query.add("id = ${n}::uuid", thing_id)
    rows = await reads.rows(query.text(Wanted(filters={})), *query.parameters)
    return str(rows[0]["doc"]) if rows else None
