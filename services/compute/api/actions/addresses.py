"""Security groups and addresses of a server's ports."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from services.compute.api.actions.known import Asked, Known
from services.compute.api.schemas.devices import FixedIp, FloatingIp, GroupName, InNetwork, TheIp
from services.compute.usecases import readdressing
from services.compute.usecases.readdressing import Readdressing
from shared.web.answers import answer_nothing

PROXY: Final = 43  # the last minor microversion that proxies the network service


def _using(asked: Asked) -> Readdressing:
    return Readdressing(
        transaction=asked.deps.transaction,
        networks=asked.deps.neighbours.networks,
        server_id=asked.server_id,
        actor=asked.actor,
        token=asked.caller.token,
    )


async def add_security_group(asked: Asked) -> web.Response:
    """Have a security group on the server's ports."""
    await readdressing.add_group(_using(asked), asked.arguments.name)
    return answer_nothing(status=202)


async def remove_security_group(asked: Asked) -> web.Response:
    """Take it from them."""
    await readdressing.remove_group(_using(asked), asked.arguments.name)
    return answer_nothing(status=202)


async def add_fixed_ip(asked: Asked) -> web.Response:
    """Give the server one more address in a network."""
    await readdressing.add_address(_using(asked), asked.arguments.network_id)
    return answer_nothing(status=202)


async def remove_fixed_ip(asked: Asked) -> web.Response:
    """Take an address from it."""
    await readdressing.remove_address(_using(asked), asked.arguments.address)
    return answer_nothing(status=202)


async def add_floating_ip(asked: Asked) -> web.Response:
    """Give the server a floating address."""
    given = asked.arguments
    await readdressing.associate(_using(asked), given.address, given.fixed_address)
    return answer_nothing(status=202)


async def remove_floating_ip(asked: Asked) -> web.Response:
    """Take it from it."""
    await readdressing.disassociate(_using(asked), asked.arguments.address)
    return answer_nothing(status=202)


RULE: Final = "os_compute_api:"
ACTIONS: Final[Mapping[str, Known]] = {
    "addSecurityGroup": Known(f"{RULE}os-security-groups:add", add_security_group, GroupName),
    "removeSecurityGroup": Known(
        f"{RULE}os-security-groups:remove", remove_security_group, GroupName
    ),
    "addFixedIp": Known(f"{RULE}os-multinic:add", add_fixed_ip, InNetwork, until=PROXY),
    "removeFixedIp": Known(f"{RULE}os-multinic:remove", remove_fixed_ip, FixedIp, until=PROXY),
    "addFloatingIp": Known(f"{RULE}os-floating-ips:add", add_floating_ip, FloatingIp, until=PROXY),
    "removeFloatingIp": Known(
        f"{RULE}os-floating-ips:remove", remove_floating_ip, TheIp, until=PROXY
    ),
}
