"""The storage agents of a real cluster, as the gateway calls them."""

import ssl
from types import TracebackType
from typing import Any, Self

import httpx

from tests.ganeti.rig import Cluster


class Agents:
    """One client for the agents of all nodes."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._http = httpx.Client(
            verify=ssl.create_default_context(cafile=cluster.agent_ca),
            headers={"Authorization": f"Bearer {cluster.agent_token}"},
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def call(
        self, method: str, path: str, body: object = None, *, node: str | None = None
    ) -> httpx.Response:
        """Ask the agent of a node; by default the master's."""
        address = self._cluster.addresses[node or self._cluster.nodes[0]]
        url = self._cluster.agent_url.format(node=address)
        return self._http.request(method, f"{url}/v1/{path}", json=body)

    def have(self, path: str, body: object) -> dict[str, Any]:
        """Repeat a PUT until it is no longer working; the agent itself waits a little."""
        while True:
            answer = self.call("PUT", path, body)
            assert answer.status_code == 200, answer.text
            made: dict[str, Any] = answer.json()
            if made["status"] != "working":
                assert made["status"] == "ready", made
                return made
