"""A screen for each running kvm instance: a small VNC server where Ganeti says it listens."""

import asyncio
import logging
from typing import Final

from deploy.simulator.cluster import SimulatedCluster
from deploy.simulator.logic.parameters import filled_hv
from deploy.simulator.model import Instance
from deploy.simulator.rfb import show

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 0.1  # seconds
Place = tuple[str, int]


class Screens:
    """The screens of all clusters, opened and closed as instances start and stop.

    Args:
        sites: the clusters.
        limit: how many are served at once; the others are dark.
    """

    def __init__(self, sites: tuple[SimulatedCluster, ...], limit: int) -> None:
        self._sites = sites
        self._limit = limit
        self._open: dict[Place, asyncio.Server] = {}
        self._viewers: dict[Place, set[asyncio.Task[None]]] = {}
        self._failed: set[Place] = set()
        self._seen = -1

    async def keep(self) -> None:
        """Follow the instances until cancelled."""
        try:
            while True:
                await self.follow()
                await asyncio.sleep(LOOK_EVERY)
        finally:
            for place in list(self._open):
                await self._close(place)

    async def follow(self) -> None:
        """Open what should be open now, and close the rest."""
        changes = sum(site.queue.changes for site in self._sites)
        if changes == self._seen:
            return
        self._seen = changes
        wanted = dict(self._running())
        self._failed &= set(wanted)
        for place in [place for place in self._open if place not in wanted]:
            await self._close(place)
        for place, instance in wanted.items():
            if len(self._open) >= self._limit:
                return
            if place not in self._open and place not in self._failed:
                await self._start(place, instance.name)

    def _running(self) -> list[tuple[Place, Instance]]:
        return [
            ((str(filled_hv(instance).get("vnc_bind_address")), instance.network_port), instance)
            for site in self._sites
            for instance in site.state.instances.values()
            if instance.running and instance.network_port
        ]

    async def _start(self, place: Place, name: str) -> None:
        viewers: set[asyncio.Task[None]] = set()
        self._viewers[place] = viewers

        def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            viewer = asyncio.create_task(show(reader, writer, name))
            viewers.add(viewer)
            viewer.add_done_callback(viewers.discard)

        try:
            # In two steps: cancelled in one, it would leave a socket that nobody closes.
            self._open[place] = await asyncio.start_server(serve, *place, start_serving=False)
            await self._open[place].start_serving()
        except OSError as taken:
            self._failed.add(place)
            log.warning("no screen for %s at %s port %d: %s", name, *place, taken)

    async def _close(self, place: Place) -> None:
        self._open.pop(place).close()
        viewers = self._viewers.pop(place)
        for viewer in viewers:
            viewer.cancel()
        await asyncio.gather(*viewers, return_exceptions=True)
