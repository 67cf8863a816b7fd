"""A real cluster of two nodes, whose daemons die and whose master moves."""

import json
import logging
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.ganeti.rig import Cluster

log = logging.getLogger(__name__)

NODE_DAEMONS: Final = ("ganeti-noded", "ganeti-confd", "ganeti-mond")
MASTER_DAEMONS: Final = ("ganeti-wconfd", "ganeti-rapi", "ganeti-luxid")
DAEMON_UTIL: Final = "/usr/lib/ganeti/daemon-util"
REPEATS: Final = 5
PATIENCE: Final = 240.0  # seconds that one command of an administrator may take
# As a service manager would: it looks whether the process is there, not at a file that says so.
START: Final = """
for daemon in "$@"; do
  /usr/lib/ganeti/daemon-util check "$daemon" && continue
  rm -f "/run/ganeti/$daemon.pid"
  /usr/lib/ganeti/daemon-util start "$daemon" || exit 1
done
"""
FORGET: Final = """
for daemon in "$@"; do
  /usr/lib/ganeti/daemon-util check "$daemon" >/dev/null || rm -f "/run/ganeti/$daemon.pid"
done
"""
KILL: Final = """
for daemon in "$@"; do
  pid=$(cat "/run/ganeti/$daemon.pid") && kill -9 "$pid" || exit 1
  while [ -d "/proc/$pid" ]; do sleep 0.05; done
done
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two nodes, either of which can be the master."""

    cluster: Cluster

    @property
    def zone(self) -> str:
        """What the cloud calls it."""
        return self.cluster.name.partition(".")[0]

    @property
    def master(self) -> str:
        """The node that was made master last."""
        files = [root / "lib/ssconf_master_node" for root in self.cluster.node_files.values()]
        return max(files, key=lambda file: file.stat().st_mtime).read_text().strip()

    @property
    def other(self) -> str:
        """The node that is not the master."""
        (other,) = set(self.cluster.nodes) - {self.master}
        return other

    def tried(self, node: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on a node; gives what came of it."""
        runner = (self.cluster.runner[0], node.partition(".")[0])
        return subprocess.run(
            [*runner, *command], capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def inside(self, node: str, *command: str) -> str:
        """Run a command on a node, and have it succeed; gives what it prints."""
        done = self.tried(node, *command)
        assert done.returncode == 0, f"{node}: {' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def gnt(self, *command: str) -> str:
        """Run a command on the master."""
        return self.inside(self.master, *command)

    def kill(self, node: str, *daemons: str) -> None:
        """Kill daemons of a node as nothing but a crash does."""
        self.inside(node, "bash", "-c", KILL, "kill", *daemons)

    def start(self, node: str, *daemons: str) -> None:
        """Start those of a node's daemons that do not run."""
        self.inside(node, "bash", "-c", START, "start", *daemons)

    def fail_over(self) -> str:
        """Make the other node the master while both are well; gives its name."""
        return self._lead(self.other)

    def _lead(self, new: str, *options: str) -> str:
        """Have a node lead; gives its name.

        A job that changes the configuration at this moment can have the old master write its own
        over the new one. Then nobody leads, or not for long: an administrator does it again.
        """
        for _ in range(REPEATS):
            done = self.tried(new, "gnt-cluster", "master-failover", *options)
            if self._leads(new):
                return new
            say(f"{new} does not lead: {done.stdout}{done.stderr}".strip())
            # Or the node believes that it does; there may be nobody who answers any more.
            self.tried(new, "timeout", "20", "gnt-cluster", "redist-conf")
            self.tried(new, DAEMON_UTIL, "stop-master")
            self.tried(new, "bash", "-c", FORGET, "forget", *MASTER_DAEMONS)
        raise AssertionError(f"{new} could not be made the master")

    def _leads(self, node: str) -> bool:
        if self.tried(node, DAEMON_UTIL, "check", "ganeti-luxid").returncode != 0:
            return False
        file = self.cluster.node_files[node] / "lib/config.data"
        configuration = json.loads(file.read_bytes())
        leader = configuration["nodes"][configuration["cluster"]["master_node"]]["name"]
        return bool(leader == node)

    def cut_off(self, node: str) -> None:
        """End everything on a node at once, and its network with it."""
        self.inside(node, "bash", "-c", "ip link set br0 down; kill -9 -1")

    def take_over(self) -> str:
        """Make the other node the master without asking the dead one; gives its name."""
        return self._lead(self.other, "--no-voting", "--yes-do-it")

    def bring_back(self, node: str) -> None:
        """Have a node that was cut off serve the master there is now."""
        floating = self.cluster.url.split("/")[2].partition(":")[0]
        self.inside(node, "bash", "-c", f"ip addr del {floating}/32 dev br0; ip link set br0 up")
        self.inside(node, "bash", "-c", FORGET, "forget", *MASTER_DAEMONS)  # a boot empties /run
        self.start(node, *NODE_DAEMONS)
        until(lambda: self._agrees(node), f"{node} to be told who the master is")

    def _agrees(self, node: str) -> bool:
        self.gnt("gnt-cluster", "redist-conf")
        known = (self.cluster.node_files[node] / "lib/ssconf_master_node").read_text().strip()
        return known == self.master


def until(condition: Callable[[], object], what: str, within: float = PATIENCE) -> None:
    """Wait until something is so."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"waited {within:.0f} s in vain for {what}"
        time.sleep(0.5)


def say(words: str) -> None:
    """Tell whoever waits for these long tests how far they are."""
    log.warning("%s", words)  # information is what the parts of the cloud log
