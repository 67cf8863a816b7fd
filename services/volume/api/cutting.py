"""Pages of short lists, which are cut here instead of in the database."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from uuid import UUID

from shared.errors import NotFound
from shared.web.paging import Page


class Identified(Protocol):
    """What has an id."""

    @property
    def id(self) -> UUID:
        """Which one it is."""
        ...


Thing = TypeVar("Thing", bound=Identified)


def cut(
    newest_first: Sequence[Thing],
    page: Page,
    keys: Mapping[str, Callable[[Thing], Any]],
    missing: Callable[[object], NotFound],
) -> list[Thing]:
    """Return a page of things.

    Args:
        newest_first: all of them.
        page: what the client asks for; it may sort by ``created_at``, ``id`` and the keys.
        keys: what else things are sorted by.
        missing: the refusal of a marker that is not there.

    Raises:
        NotFound: the marker names none of them.
    """
    age = {each.id: at for at, each in enumerate(reversed(newest_first))}
    every: dict[str, Callable[[Thing], Any]] = {
        "created_at": lambda thing: age[thing.id],
        "id": lambda thing: str(thing.id),
        **keys,
    }
    things = list(newest_first)
    for sort in reversed(page.sorts):
        things.sort(key=every[sort.key], reverse=sort.descending)
    if page.marker is not None:
        ids = [str(each.id) for each in things]
        if page.marker not in ids:
            raise missing(page.marker[:60])
        things = things[ids.index(page.marker) + 1 :]
    return things[page.offset :][: page.limit]
