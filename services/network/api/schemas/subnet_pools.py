"""What bodies about subnet pools, address scopes and RBAC policies may have."""

from typing import Any, Final

from services.network.api.schemas.attributes import (
    DESCRIPTION,
    NAME,
    OWNER,
    READ_ONLY,
    Attribute,
    HTTPBadRequest,
    Table,
)
from services.network.api.schemas.checks import (
    LARGEST,
    LONGEST,
    Unfit,
    boolean,
    cidr,
    integer,
    list_of,
    one_of,
    or_none,
    text,
    uuid,
)
from services.network.domain.rbac import ACTIONS, AS_EXTERNAL, AS_SHARED

MOST_PREFIXES: Final = 100
LENGTH: Final = or_none(integer(0, 128))
_PREFIXES: Final = list_of(cidr, most=MOST_PREFIXES)


def _prefixes(value: Any) -> tuple[str, ...]:
    found: tuple[str, ...] = _PREFIXES(value)
    if not found:
        raise Unfit("'prefixes' must not be empty")
    return found


def _target(value: Any) -> str:
    found = str(text(LONGEST)(value))
    if not found:
        raise Unfit("'' is not a project")
    return found


SUBNET_POOL: Final = Table(
    singular="subnetpool",
    plural="subnetpools",
    attributes=(
        *READ_ONLY,
        *OWNER,
        Attribute(key="name", check=text(LONGEST), required=True),
        DESCRIPTION,
        Attribute(key="tags"),
        Attribute(key="ip_version"),
        Attribute(key="prefixes", check=_prefixes, required=True),
        Attribute(key="default_prefixlen", check=LENGTH),
        Attribute(key="min_prefixlen", check=LENGTH),
        Attribute(key="max_prefixlen", check=LENGTH),
        Attribute(key="default_quota", check=or_none(integer(0, LARGEST))),
        Attribute(key="shared", check=boolean, update=False, admin=True),
        Attribute(key="is_default", check=boolean, admin=True),
        Attribute(key="address_scope_id", check=or_none(uuid)),
    ),
)

ADDRESS_SCOPE: Final = Table(
    singular="address_scope",
    plural="address_scopes",
    attributes=(
        Attribute(key="id"),
        *OWNER,
        NAME,
        Attribute(
            key="ip_version",
            check=lambda value: int(one_of(4, 6, "4", "6")(value)),
            required=True,
            update=False,
        ),
        Attribute(key="shared", check=boolean, admin=True),
    ),
)

RBAC_POLICY: Final = Table(
    singular="rbac_policy",
    plural="rbac_policies",
    attributes=(
        Attribute(key="id"),
        *OWNER,
        Attribute(key="object_type", check=one_of(*ACTIONS), required=True, update=False),
        Attribute(key="object_id", check=uuid, required=True, update=False),
        Attribute(key="action", check=one_of(AS_SHARED, AS_EXTERNAL), required=True, update=False),
        Attribute(key="target_tenant", field="target_project", check=_target, required=True),
    ),
)


def fitting(draft: dict[str, Any]) -> dict[str, Any]:
    """Return a policy's draft, if its action can be had on such an object.

    Raises:
        HTTPBadRequest: it cannot.
    """
    if draft["action"] not in ACTIONS[draft["object_type"]]:
        raise HTTPBadRequest(
            f"Invalid action '{draft['action']}' for object type '{draft['object_type']}'. "
            f"Valid actions: {', '.join(ACTIONS[draft['object_type']])}"
        )
    return draft


def prefixes_in(payload: Any) -> tuple[str, ...]:
    """Return the prefixes in the body of a call that adds or removes some.

    Raises:
        HTTPBadRequest: there are none.
    """
    if not isinstance(payload, dict) or set(payload) != {"prefixes"}:
        raise HTTPBadRequest("Unable to find 'prefixes' in request body")
    try:
        return _prefixes(payload["prefixes"])
    except Unfit as wrong:
        raise HTTPBadRequest(f"Invalid input for prefixes. Reason: {wrong}.") from wrong
