"""What users send about server groups, before and since 2.64."""

from typing import Annotated, Literal

from pydantic import Field

from services.compute.api.schemas.fields import Closed, Name
from services.compute.api.schemas.scalars import Positive

Policy = Literal["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]


class OldGroup(Closed):
    """A group, before 2.64: a list of one policy."""

    name: Name
    policies: Annotated[list[Policy], Field(min_length=1, max_length=1)]


class OldGroupBody(Closed):
    """The body of ``POST /os-server-groups`` before 2.64."""

    server_group: OldGroup


class Rules(Closed):
    """How strictly a policy is meant."""

    max_server_per_host: Positive | None = None


class NewGroup(Closed):
    """A group, since 2.64: one policy with rules."""

    name: Name
    policy: Policy
    rules: Rules = Rules()


class NewGroupBody(Closed):
    """The body of ``POST /os-server-groups`` since 2.64."""

    server_group: NewGroup
