"""A simulator inside a test: ephemeral ports, short jobs, faults at hand."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.simulator.control import Control
from deploy.simulator.settings import TEST, SimulatorSettings
from deploy.simulator.simulator import Endpoint, running

# Turns of the loop in which both sides of a TLS connection take leave of each other; a loop that
# is closed before leaves their sockets open.
FAREWELL: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSimulator:
    """What a test needs to know about the simulator it runs."""

    clusters: tuple[Endpoint, ...]  # name, url, username, password, ca_file, ...
    admin: Control  # faults, crashes, out-of-band operations, ground truth
    admin_url: str | None


def quick_settings(state_dir: Path, **changes: Any) -> SimulatorSettings:
    """Settings for tests: ephemeral ports, jobs of 20 ms, nothing kept."""
    defaults: dict[str, Any] = {
        "base_port": 0,
        "durations": TEST,
        "persist": False,
        "wait_limit": 1.0,
    }
    return SimulatorSettings(state_dir=state_dir, **{**defaults, **changes})


@contextlib.asynccontextmanager
async def running_simulator(
    settings: SimulatorSettings | None = None, **changes: Any
) -> AsyncIterator[RunningSimulator]:
    """Run a simulator in this event loop; `changes` are settings other than the test ones."""
    with tempfile.TemporaryDirectory(prefix="simulator-") as folder:
        chosen = settings or quick_settings(Path(folder), **changes)
        async with running(chosen) as simulator:
            yield RunningSimulator(
                clusters=simulator.clusters,
                admin=Control(simulator.sites),
                admin_url=simulator.admin_url,
            )
        for _ in range(FAREWELL):
            await asyncio.sleep(0)
