"""Measures everything and prints it: ``python -m tests.bench [--crowd] [--json FILE]``."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rich.console import Console

from tests.bench.cpu import resident_mib
from tests.bench.crowd import CLUSTERS as CROWDED
from tests.bench.crowd import crowd
from tests.bench.report import Figure, load_now, show
from tests.bench.rig import Rig, running_rig
from tests.bench.scenarios import accepts, creates, news, reads
from tests.bench.yardstick import yardstick


def memory(rig: Rig) -> list[Figure]:
    """Measure what each process holds before anybody asks anything of it."""
    return [
        Figure(
            scenario=f"memory of {name}",
            mib=resident_mib(child.process.pid),
            budget="<= 90 MiB, idle",
            load=load_now(),
        )
        for name, child in rig.cloud.children.items()
    ]


def measure(rig: Rig) -> list[Figure]:
    """Run every scenario, telling what is being measured meanwhile."""
    console = Console(stderr=True)
    held = memory(rig)
    server_id = rig.site.create("like-this-one")
    rig.site.becomes(server_id, "ACTIVE", within=120)
    scenarios: dict[str, Callable[[], Iterator[Figure]]] = {
        "news from Ganeti": partial(news, rig, server_id),
        "creates": partial(creates, rig),
        "ports, volumes and images": partial(accepts, rig),
        "the prototype": partial(yardstick, rig, server_id),
        "reads at 1,000 rows": partial(reads, rig, server_id, 1_000),
        "reads at 10,000 rows": partial(reads, rig, server_id, 10_000),
    }
    figures: list[Figure] = []
    for what, scenario in scenarios.items():
        console.print(f"measuring {what} ...")
        figures += scenario()
    return figures + held


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument(
        "--crowd", action="store_true", help="only: 500 servers at once on 10 clusters"
    )
    given = parser.parse_args()
    if given.crowd:
        with running_rig(CROWDED) as rig:
            figures = list(crowd(rig))
    else:
        with running_rig() as rig:
            figures = measure(rig)
    show(figures, given.json)


if __name__ == "__main__":
    main()
