"""What bodies about ports may have."""

from typing import Any, Final

from services.network.api.schemas.attributes import (
    DESCRIPTION,
    NAME,
    OWNER,
    READ_ONLY,
    Attribute,
    Table,
)
from services.network.api.schemas.checks import (
    Unfit,
    any_object,
    boolean,
    dns_domain,
    dns_label,
    integer,
    ip,
    ip_or_cidr,
    list_of,
    mac,
    one_of,
    or_none,
    text,
    uuid,
)
from services.network.api.schemas.checks import object_of as _object

MOST_PAIRS: Final = 10
MOST_OPTIONS: Final = 64
MOST_ADDRESSES: Final = 16


def _version(value: Any) -> int:
    return integer(4, 6)(value) if value is not None else 4


def _options(value: Any) -> tuple[dict[str, Any], ...]:
    option = _object({"opt_name": text(64)}, {"opt_value": or_none(text()), "ip_version": _version})
    given: tuple[dict[str, Any], ...] = list_of(option, most=MOST_OPTIONS)(value)
    return tuple(
        {
            "opt_name": each["opt_name"],
            "opt_value": each["opt_value"],
            "ip_version": each.get("ip_version", 4),
        }
        for each in given
        if each.get("opt_value") is not None  # null takes the option away
    )


def _fixed_ips(value: Any) -> tuple[dict[str, Any], ...]:
    wish = _object({}, {"subnet_id": uuid, "ip_address": ip})
    wishes: tuple[dict[str, Any], ...] = list_of(wish, unique=False, most=MOST_ADDRESSES)(value)
    asked = [each["ip_address"] for each in wishes if "ip_address" in each]
    if len(set(asked)) != len(asked):
        raise Unfit(f"Duplicate IP address in {asked}")
    return wishes


def _nothing(value: Any) -> str:
    return "" if value is None else str(text()(value))


PORT: Final = Table(
    singular="port",
    plural="ports",
    attributes=(
        *READ_ONLY,
        *OWNER,
        NAME,
        DESCRIPTION,
        Attribute(key="tags", check=list_of(text()), update=False),
        Attribute(key="ip_allocation"),
        Attribute(key="dns_assignment"),
        Attribute(key="network_id", check=uuid, required=True, update=False),
        Attribute(key="admin_state_up", check=boolean),
        Attribute(key="mac_address", check=or_none(mac)),
        Attribute(
            key="fixed_ips",
            check=_fixed_ips,
        ),
        Attribute(key="device_id", check=_nothing),
        Attribute(key="device_owner", check=_nothing),
        Attribute(key="port_security_enabled", check=boolean),
        Attribute(key="security_groups", check=list_of(uuid, most=64)),
        Attribute(
            key="allowed_address_pairs",
            check=list_of(
                _object({"ip_address": ip_or_cidr}, {"mac_address": mac}), most=MOST_PAIRS
            ),
        ),
        Attribute(key="extra_dhcp_opts", check=_options),
        Attribute(key="dns_name", check=dns_label),
        Attribute(key="dns_domain", check=dns_domain),
        Attribute(key="propagate_uplink_status", check=boolean),
        Attribute(key="binding:vnic_type", field="vnic_type", check=one_of("normal")),
        Attribute(key="binding:host_id", field="host_id", check=_nothing, admin=True, service=True),
        Attribute(
            key="binding:profile", field="profile", check=any_object, admin=True, service=True
        ),
        Attribute(key="binding:vif_type"),
        Attribute(key="binding:vif_details"),
    ),
)
