"""What lists of servers may be filtered by and sorted by, as SQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from shared.web.paging import Sort

Values = Sequence[str]


class Arguments:
    """The parameters of a statement under construction."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def add(self, value: Any) -> str:
        """Take a value; return its placeholder."""
        self.values.append(value)
        return f"${len(self.values)}"


Fragment = Callable[[Arguments, Values], str]


def _one_of(column: str) -> Fragment:
    return lambda into, values: f"{column} = ANY({into.add(list(values))}::text[])"


def _matches(column: str) -> Fragment:
    return lambda into, values: " AND ".join(f"{column} ~ {into.add(each)}" for each in values)


def _address(version: int) -> Fragment:
    of_version = "> 0" if version == 6 else "= 0"

    def build(into: Arguments, values: Values) -> str:
        address = "fixed ->> 'address'"
        return " ".join(
            (
                "EXISTS (SELECT 1 FROM jsonb_array_elements(nics) AS nic,",
                "jsonb_array_elements(nic -> 'fixed_ips') AS fixed",
                f"WHERE {address} ~ {into.add(values[-1])}",
                f"AND position(':' IN {address}) {of_version})",
            )
        )

    return build


def _tags(operator: str, *, negated: bool = False) -> Fragment:
    def build(into: Arguments, values: Values) -> str:
        wanted = [tag for value in values for tag in value.split(",")]
        condition = f"tags {operator} {into.add(wanted)}::text[]"
        return f"NOT ({condition})" if negated else condition

    return build


def _moment(column: str) -> Fragment:
    return lambda into, values: (
        f"{column} = {into.add(datetime.fromisoformat(values[-1]))}::timestamptz"
    )


def _yes_or_no(column: str) -> Fragment:
    return lambda into, values: f"{column} = {into.add(values[-1] == 'true')}::boolean"


def _is_locked(_into: Arguments, values: Values) -> str:
    return f"locked_by IS {'NOT ' if values[-1] == 'true' else ''}NULL"


FILTERS: Final[Mapping[str, Fragment]] = {
    "name": _matches("name"),
    "status": _one_of("status"),
    "flavor": _one_of("flavor_id"),
    "image": _one_of("image_id::text"),
    "ip": _address(4),
    "ip6": _address(6),
    "host": _one_of("node"),
    "node": _one_of("node"),
    "user_id": _one_of("user_id"),
    "uuid": _one_of("id::text"),
    "reservation_id": _one_of("reservation_id"),
    "key_name": _one_of("key_name"),
    "availability_zone": _one_of("availability_zone"),
    "vm_state": _one_of("vm_state"),
    "task_state": _one_of("task_state"),
    "power_state": _one_of("power_state::text"),
    "config_drive": _yes_or_no("config_drive"),
    "description": _matches("coalesce(description, '')"),
    "hostname": _matches("hostname"),
    "access_ip_v4": _matches("coalesce(access_ip_v4, '')"),
    "access_ip_v6": _matches("coalesce(access_ip_v6, '')"),
    "launch_index": _one_of("launch_index::text"),
    "created_at": _moment("created_at"),
    "launched_at": _moment("launched_at"),
    "terminated_at": _moment("terminated_at"),
    "tags": _tags("@>"),
    "tags-any": _tags("&&"),
    "not-tags": _tags("@>", negated=True),
    "not-tags-any": _tags("&&", negated=True),
    "locked": _is_locked,
}

# Sort key -> column; absent values sort as the least there is.
SORTABLE: Final[Mapping[str, str]] = {
    "created_at": "created_at",
    "updated_at": "updated_at",
    "display_name": "name",
    "name": "name",
    "uuid": "id",
    "id": "id",
    "vm_state": "vm_state",
    "task_state": "coalesce(task_state, '')",
    "power_state": "power_state",
    "project_id": "project_id",
    "user_id": "user_id",
    "hostname": "hostname",
    "display_description": "coalesce(description, '')",
    "instance_type_id": "flavor_id",
    "image_ref": "coalesce(image_id::text, '')",
    "key_name": "coalesce(key_name, '')",
    "availability_zone": "coalesce(availability_zone, '')",
    "host": "coalesce(node, '')",
    "node": "coalesce(node, '')",
    "launch_index": "launch_index",
    "config_drive": "config_drive",
    "access_ip_v4": "coalesce(access_ip_v4, '')",
    "access_ip_v6": "coalesce(access_ip_v6, '')",
    "launched_at": "coalesce(launched_at, '-infinity')",
    "terminated_at": "coalesce(terminated_at, '-infinity')",
}
NEWEST_FIRST: Final = (Sort("created_at", descending=True), Sort("id", descending=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Which servers a list is about."""

    project_id: str | None  # None: everybody's
    filters: Mapping[str, Values] = field(default_factory=dict)
    changes_since: datetime | None = None
    changes_before: datetime | None = None
    deleted: bool | None = None  # None: only live ones, unless changes are asked for
    sorts: tuple[Sort, ...] = ()
    limit: int = 1000
    marker: str | None = None


def select(columns: str, *rest: str) -> str:
    """Return a SELECT on servers; values never stand in its text."""
    return " ".join(("SELECT", columns, "FROM servers", *rest))


def conditions(criteria: Criteria, into: Arguments) -> list[str]:
    """Return the conditions a row must meet, without the marker's."""
    found = [_life(criteria)]
    if criteria.project_id is not None:
        found.append(f"project_id = {into.add(criteria.project_id)}")
    if criteria.changes_since is not None:
        found.append(f"updated_at >= {into.add(criteria.changes_since)}")
    if criteria.changes_before is not None:
        found.append(f"updated_at <= {into.add(criteria.changes_before)}")
    found += [FILTERS[name](into, values) for name, values in criteria.filters.items()]
    return found


def _life(criteria: Criteria) -> str:
    if criteria.deleted is True:
        return "deleted_at IS NOT NULL"
    if criteria.deleted is None and criteria.changes_since is not None:
        return "(visible OR deleted_at IS NOT NULL)"
    return "deleted_at IS NULL AND visible"


def full_order(criteria: Criteria) -> list[Sort]:
    """Return the order with what makes it total."""
    given = list(criteria.sorts)
    keys = {SORTABLE[sort.key] for sort in given}
    return [*given, *(sort for sort in NEWEST_FIRST if SORTABLE[sort.key] not in keys)]


def order_by(criteria: Criteria) -> str:
    """Return the ORDER BY of a list."""
    return ", ".join(
        f"{SORTABLE[sort.key]} {'DESC' if sort.descending else 'ASC'}"
        for sort in full_order(criteria)
    )


def after_marker(criteria: Criteria, into: Arguments) -> str:
    """Return the condition of standing behind the marker in the list's order."""
    marker = into.add(criteria.marker)
    order = full_order(criteria)
    columns = [SORTABLE[sort.key] for sort in order]
    at = [select(column, f"WHERE id = {marker}::uuid") for column in columns]
    at = [f"({one})" for one in at]
    if all(sort.descending for sort in order):  # one comparison, which an index answers
        return f"({', '.join(columns)}) < ({', '.join(at)})"
    steps = []
    for place, sort in enumerate(order):
        same = [f"{columns[before]} = {at[before]}" for before in range(place)]
        further = f"{columns[place]} {'<' if sort.descending else '>'} {at[place]}"
        steps.append(" AND ".join([*same, further]))
    return "(" + " OR ".join(f"({step})" for step in steps) + ")"
