"""Passes requests on to the storage agents of the clusters, which trust only the gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.ganeti.agents import Agents, Errand, Reply
from services.rapi_gateway.ganeti.errors import RapiTrouble
from services.rapi_gateway.usecases.asking import Asking
from services.rapi_gateway.usecases.trouble import ClusterSilent
from shared.clients.http import message_in
from shared.errors import BadInput, CloudError, Conflict, NotFound


class NoAgent(NotFound):
    """The cluster has no agents on its nodes."""

    code = "gateway.agent.none"


class AgentSilent(ClusterSilent):
    """The agent does not answer, or not as agents do."""

    code = "gateway.agent.silent"


class AgentRefused(BadInput):
    """The agent does not take the request."""

    code = "gateway.agent.refused"


class NotStored(NotFound):
    """The agent has no such thing."""

    code = "gateway.agent.not_found"


class InUse(Conflict):
    """What is asked for is not possible in the state the agent has it in."""

    code = "gateway.agent.conflict"


REFUSALS: Final[Mapping[int, type[CloudError]]] = {
    400: AgentRefused,
    404: NotStored,
    409: InUse,
    413: AgentRefused,
    422: AgentRefused,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """What passing requests on needs."""

    asking: Asking
    agents: Agents

    async def forward(self, name: str, method: str, path: str, body: bytes | None) -> Reply:
        """Return the answer of the agent on the cluster's master node.

        Raises:
            ClusterUnknown: there is no such cluster.
            NoAgent: it has no agents.
            CloudError: the agent refuses, with its own words.
            AgentSilent: it does not answer.
        """
        cluster = await self.asking.cluster(name)
        errand = Errand(method=method, path=f"/v1/{path}", body=body)
        return await self.errand(cluster, cluster.addresses.get(cluster.view.master), errand)

    async def errand(self, cluster: Registered, node: str | None, errand: Errand) -> Reply:
        """Return the answer of the agent on a node.

        Args:
            cluster: whose agent.
            node: the node's address.
            errand: what to ask.

        Raises:
            NoAgent: the cluster has no agents.
            CloudError: the agent refuses, with its own words.
            AgentSilent: it does not answer.
        """
        if cluster.agent is None:
            raise NoAgent(f"Cluster {cluster.name} has no storage agent.")
        try:
            reply = await self.agents.call(cluster.agent, node, errand)
        except RapiTrouble as trouble:
            text = f"The agent of cluster {cluster.name}: {trouble}"
            raise AgentSilent(text, retry_after=1) from trouble
        if reply.status < 300:
            return reply
        if kind := REFUSALS.get(reply.status):
            raise kind(_words(reply))
        text = f"The agent of cluster {cluster.name} answers {reply.status}."
        raise AgentSilent(text, retry_after=1)


def _words(reply: Reply) -> str:
    return message_in(reply.body) or f"The agent answers {reply.status}."
