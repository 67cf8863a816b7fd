"""A storm of jobs, and its figures: ``python -m tests.storm``; exit 1 when one falls short."""

import argparse
import sys
from pathlib import Path

from tests.storm.figures import show
from tests.storm.hearing import hearing
from tests.storm.rig import Scale, running_rig
from tests.storm.scenario import Storm


def arguments() -> argparse.Namespace:
    """Read the command line."""
    usual = Scale()
    parser = argparse.ArgumentParser(prog="python -m tests.storm", description=__doc__)
    parser.add_argument("--clusters", type=int, default=usual.clusters)
    parser.add_argument("--instances", type=int, default=usual.instances, help="of each cluster")
    parser.add_argument("--transitions", type=int, default=usual.transitions)
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="of the storm")
    parser.add_argument("--steady", type=float, default=60.0, help="seconds of steady state")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    return parser.parse_args()


def main() -> int:
    """Run it all."""
    asked = arguments()
    scale = Scale(
        clusters=asked.clusters,
        instances=asked.instances,
        transitions=asked.transitions,
        seconds=asked.seconds,
    )
    with running_rig(scale) as rig, hearing(rig.amqp_url) as ear:
        storm = Storm(rig, ear, asked.steady)
        figures = list(storm.figures())
        return 0 if show(figures, storm.examples, asked.json) else 1


if __name__ == "__main__":
    sys.exit(main())
