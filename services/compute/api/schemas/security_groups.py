"""What old clients send about security groups."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from services.compute.api.schemas.fields import Closed, Text, Uuid
from services.compute.api.schemas.scalars import Limit

EVERY_PORT: Final = -1


class NewGroup(Closed):
    """A security group."""

    name: Annotated[Text, Field(min_length=1, max_length=255)]
    description: Annotated[Text, Field(max_length=255)] = ""


class GroupBody(Closed):
    """``POST`` and ``PUT`` of a security group."""

    security_group: NewGroup


class NewRule(Closed):
    """A rule for what comes in."""

    parent_group_id: Uuid
    ip_protocol: Literal["tcp", "udp", "icmp", "TCP", "UDP", "ICMP"] | None = None
    from_port: Limit | None = None
    to_port: Limit | None = None
    cidr: Annotated[Text, Field(max_length=64)] | None = None
    group_id: Uuid | None = None

    @model_validator(mode="after")
    def _all_or_nothing(self) -> Self:
        if self.cidr is not None and self.group_id is not None:
            raise ValueError("cidr and group_id cannot be given together.")
        given = {self.ip_protocol is None, self.from_port is None, self.to_port is None}
        if len(given) > 1:
            raise ValueError("ip_protocol, from_port and to_port belong together.")
        return self

    @property
    def ethertype(self) -> str:
        """The family of addresses it is for."""
        return "IPv6" if ":" in (self.cidr or "") else "IPv4"

    @property
    def low(self) -> int | None:
        """The first port; None: every one."""
        return None if self.from_port == EVERY_PORT else self.from_port

    @property
    def high(self) -> int | None:
        """The last port; None: every one."""
        return None if self.to_port == EVERY_PORT else self.to_port


class RuleBody(Closed):
    """``POST`` of a rule."""

    security_group_rule: NewRule
