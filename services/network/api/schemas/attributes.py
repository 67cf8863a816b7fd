"""Reads bodies against a table of attributes, as Neutron does, with Neutron's refusals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from services.network.api.schemas.checks import LONGEST, Check, Unfit, text
from shared.errors import BadInput, NotAllowed

SHOWN: Final = 200  # of a value, in a refusal


class HTTPBadRequest(BadInput):
    """A body that is not what the API takes; the name is Neutron's."""

    code = "network.bad_body"


class TenantIdProjectIdFilterConflict(BadInput):
    """Both names of the owner are given, and differ."""

    code = "network.two_projects"

    def __init__(self) -> None:
        super().__init__(
            "Both tenant_id and project_id passed as filters and their values are different."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of a resource, as a body may have it."""

    key: str
    check: Check | None = None  # None: nobody may set it
    field: str = ""  # its name in the domain; the key if absent
    required: bool = False
    create: bool = True
    update: bool = True
    admin: bool = False  # only administrators may set it
    service: bool = False  # so may our own services
    ignored: bool = False  # taken, and of no consequence

    @property
    def target(self) -> str:
        """The field of the domain it becomes."""
        return self.field or self.key


@dataclass(frozen=True, kw_only=True)
class Table:
    """What the bodies of one resource may have."""

    singular: str
    plural: str
    attributes: Sequence[Attribute]

    @cached_property
    def by_key(self) -> Mapping[str, Attribute]:
        """The attributes by the name clients use."""
        return {each.key: each for each in self.attributes}


READ_ONLY: Final = tuple(
    Attribute(key=key) for key in ("id", "status", "created_at", "updated_at", "revision_number")
)
DESCRIPTION: Final = Attribute(
    key="description", check=lambda value: "" if value is None else text(LONGEST)(value)
)
NAME: Final = Attribute(key="name", check=text(LONGEST))
OWNER: Final = (
    Attribute(key="tenant_id", check=text(LONGEST), update=False),
    Attribute(key="project_id", check=text(LONGEST), update=False),
)


def resources_in(payload: Any, table: Table) -> tuple[list[dict[str, Any]], bool]:
    """Return the resources in the body of a POST, and whether it was a list of them.

    Raises:
        HTTPBadRequest: it holds neither.
    """
    if not isinstance(payload, dict) or not payload:
        raise HTTPBadRequest("Resource body required")
    if table.plural in payload:
        items = payload[table.plural]
        if not isinstance(items, list) or not items:
            raise HTTPBadRequest("Resource body required")
        return [
            _object(each.get(table.singular, each) if isinstance(each, dict) else each)
            for each in items
        ], True
    return [resource_in(payload, table)], False


def resource_in(payload: Any, table: Table) -> dict[str, Any]:
    """Return the one resource in a body.

    Raises:
        HTTPBadRequest: there is none.
    """
    if not isinstance(payload, dict) or table.singular not in payload:
        raise HTTPBadRequest(f"Unable to find '{table.singular}' in request body")
    return _object(payload[table.singular])


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HTTPBadRequest("Body contains invalid data")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote a body, as far as that decides what may be in it."""

    project_id: str
    is_admin: bool
    is_service: bool


def drafted(body: Mapping[str, Any], table: Table, author: Author) -> dict[str, Any]:
    """Return the fields of a resource to create; what is not given has no key.

    Raises:
        HTTPBadRequest: something is missing, unknown, not settable or wrong.
        NotAllowed: only administrators may set it, or make it another project's.
    """
    _refuse_unknown(body, table)
    for each in table.attributes:
        if each.key in body and (each.check is None or not each.create):
            raise HTTPBadRequest(f"Attribute '{each.key}' not allowed in POST")
        if each.required and each.key not in body:
            raise HTTPBadRequest(
                f"Failed to parse request. Required attribute '{each.key}' not specified"
            )
    _check_rights(body, table, author, f"create_{table.singular}")
    fields = _checked(body, table)
    fields["project_id"] = _owner(fields, table, author)
    fields.pop("tenant_id", None)
    return fields


def changed(body: Mapping[str, Any], table: Table, author: Author) -> dict[str, Any]:
    """Return the fields that an update sets.

    Raises:
        HTTPBadRequest: something is unknown, read-only or wrong.
        NotAllowed: only administrators may set it.
    """
    _refuse_unknown(body, table)
    for each in table.attributes:
        if each.key in body and (each.check is None or not each.update):
            raise HTTPBadRequest(f"Cannot update read-only attribute {each.key}")
    _check_rights(body, table, author, f"update_{table.singular}")
    return _checked(body, table)


def _refuse_unknown(body: Mapping[str, Any], table: Table) -> None:
    if unknown := sorted(body.keys() - table.by_key.keys()):
        raise HTTPBadRequest(f"Unrecognized attribute(s) '{', '.join(unknown)[:SHOWN]}'")


def _check_rights(body: Mapping[str, Any], table: Table, author: Author, rule: str) -> None:
    for each in table.attributes:
        if not each.admin or each.key not in body or author.is_admin:
            continue
        if not (each.service and author.is_service):
            raise _forbidden(f"{rule}:{each.key}")


def _checked(body: Mapping[str, Any], table: Table) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in body.items():
        each = table.by_key[key]
        if each.check is None:
            continue
        try:
            checked = each.check(value)
        except Unfit as wrong:
            reason = str(wrong)
            if len(reason) > 2 * SHOWN:
                reason = f"{reason[:SHOWN]}... {reason[-SHOWN:]}"
            raise HTTPBadRequest(f"Invalid input for {key}. Reason: {reason}.") from None
        if not each.ignored:
            fields[each.target] = checked
    return fields


def _owner(fields: Mapping[str, Any], table: Table, author: Author) -> str:
    given = {fields[key] for key in ("tenant_id", "project_id") if key in fields}
    if len(given) > 1:
        raise HTTPBadRequest("'project_id' and 'tenant_id' do not match")
    owner = str(given.pop()) if given else author.project_id
    if owner != author.project_id and not (author.is_admin or author.is_service):
        raise _forbidden(f"create_{table.singular}:tenant_id")
    return owner


def _forbidden(rule: str) -> NotAllowed:
    return NotAllowed(f"rule:{rule} is disallowed by policy", name="PolicyNotAuthorized")
