"""Consoles: where an instance's screen is, and what it wrote to its serial port.

Ganeti's own answer about VNC is broken (3.0.2: 500), so the address is put together here.
"""

from dataclasses import dataclass
from typing import Any, Final

from services.rapi_gateway.domain.cluster import Registered
from services.rapi_gateway.ganeti import queries
from services.rapi_gateway.ganeti.agents import Errand
from services.rapi_gateway.ganeti.errors import RapiTrouble
from services.rapi_gateway.ganeti.lanes import Urgency
from services.rapi_gateway.usecases.asking import Asking
from services.rapi_gateway.usecases.storage import NotStored, Storage
from services.rapi_gateway.usecases.trouble import told
from shared.contracts.gateway import Console, ConsoleOutput
from shared.errors import Conflict, NotFound, NotSupported

FIELDS: Final = ("name", "pnode", "oper_state", "network_port", "hvparams")
EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound to
# Which hypervisor parameter says where a screen of that kind listens.
BOUND: Final = (("vnc", "vnc_bind_address"), ("spice", "spice_bind"))


class InstanceUnknown(NotFound):
    """The cluster has no such instance."""

    code = "gateway.instance.unknown"


class NotRunning(Conflict):
    """The instance does not run: nothing is on its screen."""

    code = "gateway.instance.not_running"


class NoScreen(NotSupported):
    """The instance has no screen that can be reached."""

    code = "gateway.instance.no_screen"


class NoOutput(NotSupported):
    """The cluster has no agents: nobody keeps what instances write."""

    code = "gateway.instance.no_output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screens:
    """What finding consoles needs."""

    asking: Asking
    storage: Storage

    async def console(self, name: str, instance: str) -> Console:
        """Return where the screen of a running instance is.

        Raises:
            ClusterUnknown: there is no such cluster.
            InstanceUnknown: it has no such instance.
            NotRunning: the instance does not run.
            NoScreen: it has none that can be reached.
            ClusterSilent: the cluster does not answer.
        """
        cluster = await self.asking.cluster(name)
        found = await self._instance(cluster, instance)
        if not found["oper_state"]:
            raise NotRunning(f"Instance {instance} does not run.")
        return _screen(cluster, found)

    async def output(self, name: str, instance: str, lines: int) -> ConsoleOutput:
        """Return the end of what an instance wrote to its serial port; one that runs has one.

        Raises:
            ClusterUnknown: there is no such cluster.
            InstanceUnknown: it has no such instance, or the agent knows no output of it.
            NoOutput: the cluster has no agents.
            ClusterSilent: the cluster or its agent does not answer.
        """
        cluster = await self.asking.cluster(name)
        if cluster.agent is None:
            raise NoOutput(f"Nobody keeps what instances of cluster {name} write.")
        found = await self._instance(cluster, instance)
        errand = Errand(
            method="GET", path=f"/v1/consoles/{instance}", query=(("lines", str(lines)),)
        )
        address = cluster.addresses.get(str(found["pnode"]))
        try:
            reply = await self.storage.errand(cluster, address, errand)
        except NotStored:
            if found["oper_state"]:  # it has just begun: nothing was written yet
                return ConsoleOutput(output="")
            raise
        return ConsoleOutput.model_validate_json(reply.body)

    async def _instance(self, cluster: Registered, instance: str) -> dict[str, Any]:
        link = self.asking.refresher.links.to(cluster)
        try:
            known = ["=", "name", instance]
            rows = await queries.query(link, "instance", FIELDS, known, Urgency.INTERACTIVE)
        except RapiTrouble as trouble:
            raise told(cluster.name, trouble) from trouble
        if not rows:
            raise InstanceUnknown(f"Cluster {cluster.name} has no instance {instance}.")
        return rows[0]


def _screen(cluster: Registered, found: dict[str, Any]) -> Console:
    parameters, port = found["hvparams"] or {}, found["network_port"]
    for kind, parameter in BOUND:
        bound = str(parameters.get(parameter) or "")
        if not bound or bound.startswith("/") or not port:  # a path is a socket on the node
            continue
        host = cluster.addresses.get(str(found["pnode"])) if bound in EVERYWHERE else bound
        if host:
            return Console.model_validate({"kind": kind, "host": host, "port": int(port)})
    raise NoScreen(f"Instance {found['name']} has no screen that can be reached.")
