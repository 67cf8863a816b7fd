"""The whole simulator: clusters, their listeners, the admin port, the saved state."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from deploy.simulator import persistence
from deploy.simulator.admin import admin_app
from deploy.simulator.cluster import SimulatedCluster, bring_up
from deploy.simulator.disasters import own_address, run_watcher
from deploy.simulator.listening import Listener
from deploy.simulator.population import populate
from deploy.simulator.screens import Screens
from deploy.simulator.settings import SimulatorSettings
from deploy.simulator.tls import ensure_certificate, server_context
from deploy.simulator.wire.http import RapiServer

_ARCHIVE_EVERY = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How to reach one simulated cluster."""

    name: str
    url: str
    username: str
    password: str
    read_username: str
    read_password: str
    ca_file: Path
    nodes: tuple[str, ...]
    node_urls: tuple[str, ...]  # where each node answers as the master, with `node_listeners`


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """A running simulator."""

    sites: tuple[SimulatedCluster, ...]
    clusters: tuple[Endpoint, ...]
    admin_url: str | None


def _port(runner: web.BaseRunner) -> int:
    return int(runner.addresses[0][1])


async def _listen(
    settings: SimulatorSettings, site: SimulatedCluster, tls: ssl.SSLContext
) -> Endpoint:
    runner = web.ServerRunner(web.Server(RapiServer(site)), shutdown_timeout=0.5)
    await runner.setup()
    port = settings.base_port + site.number - 1 if settings.base_port else 0
    listener = site.listener = Listener(runner=runner, tls=tls, host=settings.host, port=port)
    await listener.open(own_address(site))
    return Endpoint(
        name=site.state.name,
        url=f"https://{settings.host}:{listener.port}",
        username=settings.username,
        password=settings.password,
        read_username=settings.read_username,
        read_password=settings.read_password,
        ca_file=ensure_certificate(settings.state_dir)[0],
        nodes=tuple(site.state.nodes),
        node_urls=tuple(f"https://{n.address}:{listener.port}" for n in site.state.nodes.values()),
    )


async def _close(sites: tuple[SimulatedCluster, ...]) -> None:
    """All at once: each may wait for its last connections."""
    open_ones = [site.listener for site in sites if site.listener is not None]
    await asyncio.gather(*(listener.close() for listener in open_ones))


async def _listen_admin(
    settings: SimulatorSettings,
    sites: tuple[SimulatedCluster, ...],
    stack: contextlib.AsyncExitStack,
) -> str | None:
    if settings.admin_port is None:
        return None
    runner = web.AppRunner(admin_app(sites), shutdown_timeout=0.5)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", settings.admin_port).start()
    return f"http://127.0.0.1:{_port(runner)}"


def _described(endpoint: Endpoint) -> dict[str, object]:
    return {
        "name": endpoint.name,
        "url": endpoint.url,
        "user": endpoint.username,
        "password": endpoint.password,
        "read_user": endpoint.read_username,
        "read_password": endpoint.read_password,
        "ca_file": str(endpoint.ca_file.absolute()),
        "nodes": list(endpoint.nodes),
        "node_urls": list(endpoint.node_urls),
    }


def _describe(settings: SimulatorSettings, endpoints: tuple[Endpoint, ...]) -> None:
    content = json.dumps({"clusters": [_described(e) for e in endpoints]}, indent=1).encode()
    persistence.write(settings.state_dir / "clusters.json", content)


async def _archive(sites: tuple[SimulatedCluster, ...], older_than: float) -> None:
    while True:
        await asyncio.sleep(_ARCHIVE_EVERY)
        for site in sites:
            site.queue.archive(older_than)


async def _watch(sites: tuple[SimulatedCluster, ...], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        for site in sites:
            run_watcher(site)


class _Saver:
    def __init__(self, path: Path, sites: tuple[SimulatedCluster, ...]) -> None:
        self._path = path
        self._sites = sites
        self._saved = -1

    async def save(self) -> None:
        """Write the state when it has changed since the last time."""
        changes = sum(site.queue.changes for site in self._sites)
        if changes != self._saved:
            self._saved = changes
            await self.save_anyway()

    async def save_anyway(self) -> None:
        """Write the state."""
        content = persistence.encode({site.number: site.state for site in self._sites})
        await asyncio.to_thread(persistence.write, self._path, content)

    async def keep_saving(self, every: float) -> None:
        """Save again and again."""
        while True:
            await asyncio.sleep(every)
            await self.save()


async def _let_jobs_end(sites: tuple[SimulatedCluster, ...], grace: float) -> None:
    deadline = asyncio.get_running_loop().time() + grace
    while any(site.queue.busy for site in sites):
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(settings: SimulatorSettings) -> AsyncIterator[Simulator]:
    """Start everything; on leaving, stop listening, save the state and stop."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    state_file = settings.state_dir / "state.json"
    saved = persistence.load(state_file) if settings.persist else {}
    sites = tuple(
        bring_up(n, settings, saved.get(n), settings.state_dir / "disks" / f"cluster{n}")
        for n in range(1, settings.clusters + 1)
    )
    for site in sites:
        if site.number not in saved:
            populate(site, settings.instances_per_cluster)
    saver = _Saver(state_file, sites)
    tls = server_context(settings.state_dir)
    async with contextlib.AsyncExitStack() as stack:
        for site in sites:
            stack.callback(site.queue.close)
        if settings.persist:
            stack.push_async_callback(saver.save_anyway)
            stack.push_async_callback(_let_jobs_end, sites, settings.stop_grace)
            _in_background(saver.keep_saving(settings.save_every), stack)
        _in_background(_archive(sites, settings.archive_after), stack)
        if settings.watcher_every:
            _in_background(_watch(sites, settings.watcher_every), stack)
        if settings.screens and "kvm" in settings.hypervisors:
            _in_background(Screens(sites, settings.screens).keep(), stack)
        stack.push_async_callback(_close, sites)
        endpoints = tuple([await _listen(settings, site, tls) for site in sites])
        admin_url = await _listen_admin(settings, sites, stack)
        _describe(settings, endpoints)
        yield Simulator(sites=sites, clusters=endpoints, admin_url=admin_url)


def _in_background(work: Coroutine[Any, Any, None], stack: contextlib.AsyncExitStack) -> None:
    """Run `work` until the stack is left; a task group would wrap the errors of its user."""
    task = asyncio.create_task(work)

    async def stop() -> None:
        task.cancel()
        await asyncio.wait([task])

    stack.push_async_callback(stop)
