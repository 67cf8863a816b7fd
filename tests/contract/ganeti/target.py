"""The cluster the contract suite talks to: the simulator in this process, or a real one."""

import asyncio
import json
import os
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from deploy.simulator.testing import RunningSimulator

FINAL = {"success", "error", "canceled"}
_DEADLINE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text) if self.text else None


@dataclass(slots=True, kw_only=True)
class Target:
    """A cluster with its users, and what an administrator can do to it."""

    url: str
    users: dict[str, tuple[str, str] | None]
    tls: ssl.SSLContext
    node: str
    cluster: str
    os: str
    poll: float
    slow: str  # an image that takes a while to install
    very_slow: str  # one that takes longer than a cancel
    command: Callable[..., None]  # a gnt-* command on the master
    real: bool
    session: aiohttp.ClientSession
    saved: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        """`text` with the names of this cluster."""
        names = {
            "node": self.node,
            "cluster": self.cluster,
            "os": self.os,
            "os_name": self.os.partition("+")[0],
            **self.saved,
        }
        for name, value in names.items():
            text = text.replace("{" + name + "}", value)
        return text

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: str | None = None,
        user: str = "writer",
        content_type: str | None = "application/json",
    ) -> Answer:
        """One request."""
        headers, data = {"Accept": "application/json"}, raw
        if body is not None:
            data = json.dumps(body)
        if data is not None and content_type is not None:
            headers["Content-Type"] = content_type
        login = self.users[user]
        if login:
            headers["Authorization"] = aiohttp.encode_basic_auth(*login)
        async with self.session.request(
            method,
            self.url + path,
            data=data.encode() if data is not None else None,
            headers=headers,
            ssl=self.tls,
            skip_auto_headers=["Content-Type"],
        ) as response:
            shown = {name.lower(): value for name, value in response.headers.items()}
            return Answer(status=response.status, headers=shown, text=await response.text())

    async def submit(self, method: str, path: str, body: Any = None) -> int:
        """A request that must be answered with a job id."""
        answer = await self.call(method, path, body)
        assert answer.status == 200, answer.text
        assert isinstance(answer.json, int), answer.text
        return answer.json

    async def job(self, number: int, until: Callable[[Any], bool] | None = None) -> Any:
        """The job, as soon as it is final or fulfils `until`."""
        done = until or (lambda job: job["status"] in FINAL)
        deadline = time.monotonic() + _DEADLINE
        while True:
            job = (await self.call("GET", f"/2/jobs/{number}")).json
            if done(job):
                return job
            assert time.monotonic() < deadline, f"job {number} is still {job['status']}"
            await asyncio.sleep(self.poll)

    async def run(self, method: str, path: str, body: Any = None) -> Any:
        """Submit, and wait for the final job."""
        return await self.job(await self.submit(method, path, body))


def simulated(simulator: RunningSimulator, session: aiohttp.ClientSession) -> Target:
    """The target for a simulator in this process."""
    cluster = simulator.clusters[0]
    control = simulator.admin

    def command(*words: str) -> None:
        if words[:3] == ("gnt-cluster", "queue", "drain"):
            control.drain()
        elif words[:3] == ("gnt-cluster", "queue", "undrain"):
            control.drain(drained=False)
        elif words[:2] == ("gnt-job", "archive"):
            control.archive()
        else:
            raise AssertionError(words)

    return Target(
        url=cluster.url,
        users={
            "writer": (cluster.username, cluster.password),
            "reader": (cluster.read_username, cluster.read_password),
            **_strangers(cluster.username),
        },
        tls=_trusting(cluster.ca_file),
        node=cluster.nodes[0],
        cluster=cluster.name,
        os="snf-image+default",
        poll=0.004,
        slow="sleep0.8",
        very_slow="sleep0.8",
        command=command,
        real=False,
        session=session,
    )


def real(description: Path, session: aiohttp.ClientSession) -> Target:
    """The target for the first cluster of a clusters.json."""
    cluster = json.loads(description.read_text())["clusters"][0]
    prefix = cluster["exec"]

    def command(*words: str) -> None:
        subprocess.run([*prefix, *words], check=True, capture_output=True, timeout=60)

    reader = os.environ.get("CYCLADES_GANETI_READER", "reader:reader-secret").partition(":")
    return Target(
        url=cluster["rapi"],
        users={
            "writer": (cluster["rapi_user"], cluster["rapi_password"]),
            "reader": (reader[0], reader[2]),
            **_strangers(cluster["rapi_user"]),
        },
        tls=_trusting(Path(cluster["rapi_ca"])),
        node=cluster["nodes"][0],
        cluster=cluster["name"],
        os=os.environ.get("CYCLADES_GANETI_OS", "snf-image+default"),
        poll=0.05,
        slow="sleep2",
        very_slow="sleep15",
        command=command,
        real=True,
        session=session,
    )


def _strangers(writer: str) -> dict[str, tuple[str, str] | None]:
    return {"none": None, "unknown": ("who", "knows"), "wrong": (writer, "guessed")}


def _trusting(certificate: Path) -> ssl.SSLContext:
    """Pins the certificate; a real cluster's names no host, so the host is not compared."""
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    return context
