"""Measures and prints: ``python -m tests.bench [--only PART ...] [--rows N ...] [--json FILE]``."""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.bench.budget import Budget
from tests.bench.cpu import resident_mib
from tests.bench.crowd import CLUSTERS as CROWDED
from tests.bench.crowd import crowd
from tests.bench.reads import reads
from tests.bench.report import Figure, show
from tests.bench.rig import CLUSTERS, Rig, running_rig
from tests.bench.scenarios import accepts, creates, news
from tests.bench.streams import streams

PARTS: Final = ("memory", "news", "creates", "accepts", "reads", "streams")
ROWS: Final = (1_000, 10_000)
IDLE: Final = Budget(mib=90)


def memory(rig: Rig) -> Iterator[Figure]:
    """Measure what each process holds before anybody asks anything of it."""
    for name, child in rig.cloud.children.items():
        yield Figure(
            scenario=f"memory of {name}, idle", mib=resident_mib(child.process.pid), budget=IDLE
        )


def measure(rig: Rig, parts: set[str], rows: list[int]) -> list[Figure]:
    """Run what was asked for, telling what is being measured meanwhile."""
    scenarios: dict[str, Callable[[], Iterator[Figure]]] = {
        "memory": partial(memory, rig),
        "news": partial(news, rig),
        "creates": partial(creates, rig),
        "accepts": partial(accepts, rig),
        "reads": partial(reads, rig, rows),
        "streams": partial(streams, rig),
    }
    console = Console(stderr=True)
    figures: list[Figure] = []
    for part, scenario in scenarios.items():
        if part in parts:
            console.print(f"measuring {part} ...")
            for figure in scenario():
                console.print(f"  {figure.brief}", highlight=False)
                figures.append(figure)
    return figures


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument(
        "--crowd", action="store_true", help="only: 500 servers at once on 10 clusters"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts")
    parser.add_argument(
        "--rows", nargs="+", type=int, default=ROWS, help="read with so many rows in a table"
    )
    parser.add_argument("--strict", action="store_true", help="fail where a budget is not met")
    return parser.parse_args()


def main() -> None:
    """Run from the command line."""
    given = arguments()
    with running_rig(CROWDED if given.crowd else CLUSTERS) as rig:
        parts, rows = set(given.only), given.rows
        figures = list(crowd(rig)) if given.crowd else measure(rig, parts, rows)
    show(figures, given.json)
    missed = [each.scenario for each in figures if each.verdict.startswith("no")]
    if given.strict and missed:
        sys.exit(f"Over budget: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
