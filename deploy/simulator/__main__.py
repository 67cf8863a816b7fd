"""`python -m deploy.simulator --config FILE.json`: run the simulator until it is told to stop."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from pydantic import ValidationError

from deploy.simulator.settings import SimulatorSettings
from deploy.simulator.simulator import running


async def _serve(settings: SimulatorSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with running(settings) as simulator:
        ready = {
            "ready": True,
            "clusters": [{"name": c.name, "url": c.url} for c in simulator.clusters],
            "admin": simulator.admin_url,
            "details": str(settings.state_dir / "clusters.json"),
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> int:
    """Read the configuration and serve; exit code 2: bad configuration, 1: a port is taken."""
    parser = argparse.ArgumentParser(prog="python -m deploy.simulator", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="JSON file of settings")
    path: Path = parser.parse_args().config
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        settings = SimulatorSettings.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 2
    try:
        asyncio.run(_serve(settings))
    except OSError as error:
        sys.stderr.write(f"cannot serve: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
