"""Reads the query string of a list of images."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from aiohttp import web

from services.image.api.paths import parse_id
from services.image.domain.image import Visibility
from services.image.domain.member import MemberStatus
from services.image.domain.query import SORTABLE, Comparison, Condition, Query, SortKey
from shared.errors import BadInput
from shared.ids import ImageId
from shared.web.paging import PAGING_KEYS, Page, glance_page

LARGEST: Final = 2**63 - 1
ALL: Final = "all"
TRUE: Final = {"true": True, "1": True, "false": False, "0": False}
IN: Final = "in:"
ITEM: Final = re.compile(r'\s*(?:"([^"]*)"|([^",]*))\s*(?:,|$)')
TIME: Final = re.compile(r"(?:(gte|gt|lte|lt|eq|neq):)?(.+)")

Reader = Callable[[str, str], Condition]


def query_of(request: web.Request) -> Query:
    """Return what the list is asked for.

    Raises:
        BadInput: a filter cannot have its value.
    """
    if any("\0" in text for pair in request.query.items() for text in pair):
        raise BadInput("Query strings must not contain NUL characters.")
    page = glance_page(request, sortable=SORTABLE)
    asked = {
        name: value for name, value in request.query.items() if name not in PAGING_KEYS | SPECIAL
    }
    visibility = request.query.get("visibility")
    return Query(
        conditions=(*_conditions(asked), *_hidden(request)),
        tags=tuple(request.query.getall("tag", ())),
        properties=tuple((name, text) for name, text in asked.items() if name not in READERS),
        visibility=None if visibility in {None, ALL} else _visibility(str(visibility)),
        with_community=visibility in {ALL, Visibility.COMMUNITY.value},
        member_status=_member_status(request.query.get("member_status")),
        sorts=_sorts(page),
        limit=page.limit,
        marker=_marker(page),
    )


def _conditions(asked: Mapping[str, str]) -> list[Condition]:
    return [READERS[name](name, text) for name, text in asked.items() if name in READERS]


def _hidden(request: web.Request) -> list[Condition]:
    """Hidden images are listed only when they are asked for."""
    text = request.query.get("os_hidden", "false")
    return [Condition("os_hidden", Comparison.EQ, _truth("os_hidden", text))]


def _visibility(text: str) -> Visibility:
    if text not in list(Visibility):
        raise BadInput(f"Invalid visibility value: {text}")
    return Visibility(text)


def _member_status(text: str | None) -> MemberStatus | None:
    if text is None:
        return MemberStatus.ACCEPTED
    if text == ALL:
        return None
    if text not in list(MemberStatus):
        raise BadInput(f"Invalid status value: {text}")
    return MemberStatus(text)


def _sorts(page: Page) -> tuple[SortKey, ...]:
    """Return the order, completed so that no two images are equal in it."""
    keys = [SortKey(sort.key, sort.descending) for sort in page.sorts]
    named = {key.column for key in keys}
    rest = [SortKey(name, True) for name in ("created_at", "id") if name not in named]
    return (*keys, *rest)


def _marker(page: Page) -> ImageId | None:
    if page.marker is None:
        return None
    marker = parse_id(page.marker)
    if marker is None:
        raise BadInput(f"No image found with ID {page.marker}")
    return marker


def _texts(name: str, text: str) -> Condition:
    """Read ``a`` or ``in:a,"b,c"``."""
    if not text.startswith(IN):
        return Condition(name, Comparison.EQ, text)
    return Condition(name, Comparison.EQ, _items(name, text.removeprefix(IN)))


def _text(name: str, text: str) -> Condition:
    return Condition(name, Comparison.EQ, text)


def _checksum(name: str, text: str) -> Condition:
    return Condition({"checksum": "md5", "os_hash_value": "sha512"}[name], Comparison.EQ, text)


def _ids(name: str, text: str) -> Condition:
    """Read ids; what cannot be one is no image's."""
    texts = _items(name, text.removeprefix(IN)) if text.startswith(IN) else [text]
    ids: list[UUID] = [found for each in texts if (found := parse_id(each)) is not None]
    return Condition(name, Comparison.EQ, ids)


def _number(column: str, comparison: Comparison) -> Reader:
    def read(name: str, text: str) -> Condition:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
            raise BadInput(f"Invalid filter value {text} for {name}: it must be an integer.")
        if text.startswith("-") or int(text) > LARGEST:
            raise BadInput(f"Invalid filter value {text} for {name}: it is out of range.")
        return Condition(column, comparison, int(text))

    return read


def _boolean(name: str, text: str) -> Condition:
    return Condition(name, Comparison.EQ, _truth(name, text))


def _moment(name: str, text: str) -> Condition:
    """Read ``gt:2026-01-02T03:04:05Z``; without a comparison it means equal."""
    parts = TIME.fullmatch(text)
    try:
        moment = datetime.fromisoformat(parts[2] if parts else "")
    except ValueError as malformed:
        raise BadInput(f"Invalid time format for {name}: {text}") from malformed
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    comparison = Comparison[(parts[1] if parts and parts[1] else "eq").upper()]
    return Condition(name, comparison, moment)


def _truth(name: str, text: str) -> bool:
    if text.lower() not in TRUE:
        raise BadInput(f"Invalid value '{text}' for '{name}' filter: it must be true or false.")
    return TRUE[text.lower()]


def _items(name: str, text: str) -> list[str]:
    """Split at commas; what is in double quotes may have some."""
    items: list[str] = []
    at = 0
    while at <= len(text):
        item = ITEM.match(text, at)
        if item is None:
            raise BadInput(f"Invalid filter value {text} for {name}: the quotes do not match.")
        items.append(item[1] if item[1] is not None else item[2].strip())
        if item.end() == len(text) and not item[0].endswith(","):
            break
        at = item.end()
    return items


def _of(names: Sequence[str], reader: Reader) -> dict[str, Reader]:
    return dict.fromkeys(names, reader)


SPECIAL: Final = frozenset({"visibility", "tag", "member_status", "os_hidden"})
READERS: Final[Mapping[str, Reader]] = {
    **_of(("name", "status", "container_format", "disk_format"), _texts),
    **_of(("checksum", "os_hash_value"), _checksum),
    **_of(("created_at", "updated_at"), _moment),
    "owner": _text,
    "id": _ids,
    "protected": _boolean,
    "min_ram": _number("min_ram", Comparison.EQ),
    "min_disk": _number("min_disk", Comparison.EQ),
    "size": _number("size", Comparison.EQ),
    "virtual_size": _number("virtual_size", Comparison.EQ),
    "size_min": _number("size", Comparison.GTE),
    "size_max": _number("size", Comparison.LTE),
}
