"""Plays seeds: ``python -m tests.chaos [--seed N] [--seeds 10] [--servers 500] [--json FILE]``."""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from shutil import copytree

from rich.console import Console

from tests.chaos.play import Result, play
from tests.chaos.rig import running_rig

console = Console(stderr=True, highlight=False)


def main() -> int:
    """Run from the command line; 1 where the checker found anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="play this seed only")
    parser.add_argument("--seeds", type=int, default=10, help="play so many, from 1 (10)")
    parser.add_argument("--servers", type=int, default=500, help="a seed's servers (500)")
    parser.add_argument("--clients", type=int, default=16, help="working at once (16)")
    parser.add_argument("--json", type=Path, help="write the results to this file as well")
    parser.add_argument("--keep", type=Path, help="copy logs and histories here at the end")
    given = parser.parse_args()
    seeds = [given.seed] if given.seed is not None else range(1, given.seeds + 1)
    results = []
    with running_rig() as rig:
        began = time.monotonic()

        def say(what: str) -> None:
            console.print(f"\\[{time.monotonic() - began:7.1f} s] {what}")

        try:
            for seed in seeds:
                say(f"seed {seed}: {given.servers} servers by {given.clients} clients")
                results.append(play(rig, seed, given.servers, given.clients, say))
                show(results[-1])
        finally:
            if given.keep:
                copytree(rig.cloud.home, given.keep, dirs_exist_ok=True)
                for history in rig.home.glob("history-*.jsonl"):
                    (given.keep / history.name).write_bytes(history.read_bytes())
    if given.json:
        given.json.write_text(json.dumps([asdict(each) for each in results], indent=1) + "\n")
    return 0 if all(each.is_well for each in results) else 1


def show(result: Result) -> None:
    """Print what a seed came to."""
    out = Console(highlight=False)
    word = "nothing lost, nothing doubled" if result.is_well else "NOT WELL"
    out.print(
        f"seed {result.seed}: {word}; {result.servers} servers by {result.clients} clients in "
        f"{result.seconds} s, at rest after {result.rest} s",
        soft_wrap=True,
    )
    for what, found in (
        ("struck", result.struck),
        ("requests", result.verdict.outcomes),
        ("servers", result.verdict.statuses),
    ):
        counts = ", ".join(f"{name} {number}" for name, number in sorted(found.items()))
        out.print(f"  {what}: {counts}", soft_wrap=True)
    for what, lines in (
        ("fault", result.faults),
        ("problem", result.verdict.problems),
        ("left over", result.leftovers),
    ):
        for line in lines:
            out.print(f"  {what}: {line}", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
