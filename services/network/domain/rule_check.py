"""What makes a security group rule one that cannot be meant."""

from ipaddress import ip_network

from services.network.domain.errors import SecurityGroupRuleInvalid
from services.network.domain.security_group import ICMP, PROTOCOLS, WITH_PORTS, SecurityGroupRule


def check_rule(rule: SecurityGroupRule) -> None:
    """Refuse a rule that contradicts itself.

    Raises:
        SecurityGroupRuleInvalid: it does; its name is Neutron's for the contradiction.
    """
    remotes = (rule.remote_group_id, rule.remote_ip_prefix, rule.remote_address_group_id)
    if sum(each is not None for each in remotes) > 1:
        raise _no(
            "SecurityGroupMultipleRemoteEntitiesSpecified",
            "Only one of remote_ip_prefix, remote_group_id or remote_address_group_id may be "
            "provided.",
        )
    _check_prefix(rule)
    _check_protocol(rule)
    _check_ports(rule)


def _check_prefix(rule: SecurityGroupRule) -> None:
    if rule.remote_ip_prefix is None:
        return
    version = ip_network(rule.remote_ip_prefix, strict=False).version
    if rule.ethertype != f"IPv{version}":
        raise _no(
            "SecurityGroupRuleParameterConflict",
            f"Conflicting value ethertype {rule.ethertype} for CIDR {rule.remote_ip_prefix}",
        )


def _check_protocol(rule: SecurityGroupRule) -> None:
    if rule.protocol is None:
        return
    only_v6 = rule.protocol.startswith("ipv6-") or rule.protocol == "icmpv6"
    if only_v6 and rule.ethertype != "IPv6":
        raise _no(
            "SecurityGroupEthertypeConflictWithProtocol",
            f"Invalid ethertype {rule.ethertype} for protocol {rule.protocol}.",
        )


def _check_ports(rule: SecurityGroupRule) -> None:
    low, high = rule.port_range_min, rule.port_range_max
    if low is None and high is None:
        return
    if rule.protocol is None:
        raise _no(
            "SecurityGroupProtocolRequiredWithPorts",
            "Must also specify protocol if port range is given.",
        )
    number = PROTOCOLS.get(rule.protocol)
    if number is None:
        number = int(rule.protocol)
    if number in ICMP:
        _check_icmp(low, high)
    elif number in WITH_PORTS:
        _check_port_range(low, high)
    else:
        raise _no(
            "SecurityGroupInvalidProtocolForPort",
            f"Ports cannot be specified for protocol {rule.protocol}. Ports are only supported "
            "for dccp, sctp, tcp, udp, udplite.",
        )


def _check_icmp(kind: int | None, code: int | None) -> None:
    if kind is None:
        raise _no(
            "SecurityGroupMissingIcmpType",
            f"ICMP code (port-range-max) {code} is provided but ICMP type (port-range-min) is "
            "missing.",
        )
    given = (("port_range_min", "type", kind), ("port_range_max", "code", code))
    for field, attribute, value in given:
        if value is not None and not 0 <= value <= 255:
            raise _no(
                "SecurityGroupInvalidIcmpValue",
                f"Invalid value for ICMP {attribute} ({field}) {value}. It must be 0 to 255.",
            )


def _check_port_range(low: int | None, high: int | None) -> None:
    if low is None or high is None or low > high:
        raise _no(
            "SecurityGroupInvalidPortRange",
            "For TCP/UDP protocols, port_range_min must be <= port_range_max",
        )
    for value in (low, high):
        if not 1 <= value <= 65535:
            raise _no("SecurityGroupInvalidPortValue", f"Invalid value for port {value}")


def _no(name: str, message: str) -> SecurityGroupRuleInvalid:
    return SecurityGroupRuleInvalid(message, name=name)
