"""What is registered of a cluster's agents: nothing is believed that was not tried."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from pydantic import SecretStr, ValidationError

from services.rapi_gateway.domain.cluster import PLACE, Agent, ClusterRefused, Registered
from services.rapi_gateway.ganeti.agents import Agents, Errand
from services.rapi_gateway.ganeti.errors import RapiTrouble
from services.rapi_gateway.usecases.addresses import address
from shared.contracts.gateway import ClusterPatch
from shared.contracts.storage import Pool

PORT: Final = 8799
STAND_IN: Final = "node.invalid"
POOL: Final = Errand(method="GET", path="/v1/pool")
FIELDS: Final = frozenset({"agent_url", "agent_token", "agent_ca_pem"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDesk:
    """Takes in what is said of agents."""

    agents: Agents
    seal: Callable[[str], str]

    def agent(self, url: str | None, token: SecretStr | None, ca_pem: str | None) -> Agent | None:
        """Return the agent that is described; None when none is.

        Raises:
            ClusterRefused: half of it is missing, or the address is none.
        """
        if url is None:
            if token is not None or ca_pem is not None:
                raise ClusterRefused("A token or certificate of an agent needs its agent_url.")
            return None
        if token is None:
            raise ClusterRefused("An agent is only spoken to with its token: agent_token.")
        sealed = self.seal(token.get_secret_value())
        return Agent(url=agent_address(url), sealed=sealed, ca_pem=ca_pem)

    def changed(self, before: Agent | None, patch: ClusterPatch) -> Agent | None:
        """Return the agent as a patch has it.

        Raises:
            ClusterRefused: half of it is missing, or the address is none.
        """
        given = patch.model_fields_set
        if "agent_url" in given and patch.agent_url is None:
            return None
        if before is None:
            return self.agent(patch.agent_url, patch.agent_token, patch.agent_ca_pem)
        agent = before
        if patch.agent_url is not None:
            agent = replace(agent, url=agent_address(patch.agent_url))
        if patch.agent_token is not None:
            agent = replace(agent, sealed=self.seal(patch.agent_token.get_secret_value()))
        if "agent_ca_pem" in given:
            agent = replace(agent, ca_pem=patch.agent_ca_pem)
        return agent

    async def check(self, cluster: Registered) -> None:
        """Ask the agent on the cluster's master node for its capacity.

        Raises:
            ClusterRefused: it does not answer, or not as an agent does.
        """
        if cluster.agent is None:
            return
        node = cluster.addresses.get(cluster.view.master)
        refused = f"The agent at {cluster.agent.url}"
        try:
            reply = await self.agents.call(cluster.agent, node, POOL)
        except RapiTrouble as trouble:
            raise ClusterRefused(f"{refused}: {trouble}") from trouble
        except ValueError as unreadable:
            raise ClusterRefused(f"{unreadable}") from unreadable
        if reply.status in {401, 403}:
            raise ClusterRefused(f"{refused} refuses the token.")
        try:
            Pool.model_validate_json(reply.body)
        except ValidationError as strange:
            raise ClusterRefused(f"{refused} does not answer as an agent does.") from strange


def agent_address(url: str) -> str:
    """Return the address of an agent as ``https://host:port``; ``{node}`` may be its host.

    Raises:
        ClusterRefused: it is none.
    """
    found = address(url.replace(PLACE, STAND_IN), PORT, "an agent")
    return found.replace(STAND_IN, PLACE)
