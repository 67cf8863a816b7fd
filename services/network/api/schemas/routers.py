"""What bodies about routers and floating IPs may have."""

from typing import Any, Final
from uuid import UUID

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
    Unfit,
    boolean,
    cidr,
    dns_domain,
    dns_label,
    ip,
    list_of,
    null_only,
    object_of,
    one_of,
    or_none,
    text,
    uuid,
)

MOST_ADDRESSES: Final = 16
ROUTES: Final = list_of(object_of({"destination": cidr, "nexthop": ip}), most=100)
_WISH: Final = object_of({}, {"subnet_id": uuid, "ip_address": ip})
_GATEWAY: Final = object_of(
    {},
    {
        "network_id": uuid,
        "enable_snat": boolean,
        "external_fixed_ips": list_of(_WISH, most=MOST_ADDRESSES),
        "qos_policy_id": null_only,
    },
)


def _gateway(value: Any) -> dict[str, Any] | None:
    if value is None or value == {}:
        return None
    found: dict[str, Any] = _GATEWAY(value)
    return found


def _no(value: Any) -> bool:
    if boolean(value):
        raise Unfit("routers are neither distributed nor highly available here")
    return False


ROUTER: Final = Table(
    singular="router",
    plural="routers",
    attributes=(
        *READ_ONLY,
        *OWNER,
        NAME,
        DESCRIPTION,
        Attribute(key="tags"),
        Attribute(key="availability_zones"),
        Attribute(key="admin_state_up", check=boolean),
        Attribute(key="external_gateway_info", field="gateway", check=_gateway),
        Attribute(key="routes", check=ROUTES, create=False),
        Attribute(key="availability_zone_hints", check=list_of(text(), most=16), update=False),
        Attribute(key="distributed", check=_no, admin=True, ignored=True),
        Attribute(key="ha", check=_no, admin=True, ignored=True),
        Attribute(key="flavor_id", check=null_only, ignored=True),
    ),
)

FLOATING_IP: Final = Table(
    singular="floatingip",
    plural="floatingips",
    attributes=(
        *READ_ONLY,
        *OWNER,
        DESCRIPTION,
        Attribute(key="tags"),
        Attribute(key="router_id"),
        Attribute(key="port_details"),
        Attribute(
            key="floating_network_id",
            field="network_id",
            check=uuid,
            required=True,
            update=False,
        ),
        Attribute(key="floating_ip_address", field="address", check=or_none(ip), update=False),
        Attribute(key="subnet_id", check=or_none(uuid), update=False),
        Attribute(key="port_id", check=or_none(uuid)),
        Attribute(key="fixed_ip_address", check=or_none(ip)),
        Attribute(key="dns_name", check=dns_label, update=False),
        Attribute(key="dns_domain", check=dns_domain, update=False),
        Attribute(key="qos_policy_id", check=null_only, ignored=True),
    ),
)

ONE_OF_TWO: Final = one_of("subnet_id", "port_id")


def interface_in(payload: Any) -> dict[str, UUID]:
    """Return which subnet or port a body names.

    Raises:
        HTTPBadRequest: it names something else, or no ids.
    """
    if not isinstance(payload, dict):
        raise HTTPBadRequest("Body contains invalid data")
    found: dict[str, UUID] = {}
    for key, value in payload.items():
        try:
            found[ONE_OF_TWO(key)] = uuid(value)
        except Unfit as wrong:
            raise HTTPBadRequest(f"Invalid input for {key}. Reason: {wrong}.") from wrong
    return found


def routes_in(payload: Any) -> tuple[dict[str, Any], ...]:
    """Return the routes in the body of an extra-routes call.

    Raises:
        HTTPBadRequest: there are none, or they are no routes.
    """
    router = payload.get("router") if isinstance(payload, dict) else None
    if not isinstance(router, dict) or set(router) != {"routes"}:
        raise HTTPBadRequest("Unable to find 'routes' of 'router' in request body")
    try:
        found: tuple[dict[str, Any], ...] = ROUTES(router["routes"])
    except Unfit as wrong:
        raise HTTPBadRequest(f"Invalid input for routes. Reason: {wrong}.") from wrong
    return found
