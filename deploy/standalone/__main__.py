"""`python -m deploy.standalone`: the whole cloud in the foreground, until Ctrl-C."""

import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from pydantic import ValidationError

from deploy.parts import environments
from deploy.parts.children import PartFailed, end_with_parent
from deploy.parts.environments import EnvironmentNotMade
from deploy.parts.packages import installed_program
from deploy.parts.ports import is_taken
from deploy.parts.progress import say
from deploy.standalone.content import IMAGE
from deploy.standalone.settings import DemoSettings
from deploy.standalone.supervisor import Stopped, Supervisor

ANNOUNCEMENT: Final = r"""
The cloud is ready. In another terminal:

  source {home}/openrc
  openstack image list
  openstack network list
  openstack keypair create mykey > mykey.pem
  openstack server create first --image {image} --flavor m1.tiny --network public \
    --key-name mykey --wait
  openstack server list
  openstack server stop first
  openstack server start first
  openstack server reboot first --wait
  openstack server event list first
  openstack server delete first --wait
  openstack keypair delete mykey

As the user demo: openstack --os-cloud cyclades-demo ...
{clusters}Logs: {home}/logs. Ctrl-C stops everything; `make demo-reset` forgets everything.
"""
SIMULATED: Final = """\
Simulated Ganeti: https://127.0.0.1:{port} and on (RAPI; users in {home}/simulator/clusters.json),
faults on http://127.0.0.1:{admin}/sim
"""


def main() -> int:
    """Run the demo; 0 when it was stopped, 1 when it could not go on."""
    return run(lambda settings: Supervisor(settings=settings, announce=announce))


def run(supervisor_for: Callable[[DemoSettings], Supervisor]) -> int:
    """Run a supervisor; 0 when it was stopped, 1 when it could not go on."""
    if "MAKELEVEL" in os.environ:  # what `make demo` starts does not outlive it
        end_with_parent(signal.SIGTERM)
    try:
        settings = DemoSettings()
        environments.make(["keystone", "clients"])
        get_what_nodes_have()
        with alone(settings):
            must_be_free(settings)
            supervisor_for(settings).run()
    except Stopped:
        return 0
    except (PartFailed, EnvironmentNotMade) as failure:
        say(str(failure))
    except ValidationError as failure:
        say(f"A setting of the demo is wrong: {failure}")
    return 1


def get_what_nodes_have() -> None:
    """See to qemu-img, which nodes of Ganeti have; the cloud runs without, and says so."""
    try:
        installed_program("qemu-img", package="qemu-utils")
    except PartFailed as missing:
        say(f"Only raw images work, and servers cannot be made into images: {missing}")


@contextmanager
def alone(settings: DemoSettings) -> Iterator[None]:
    """Hold the folder: one demo at a time lives in it.

    Raises:
        PartFailed: another one does.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PartFailed(f"Another demo is running in {settings.home}.") from None
        yield


def must_be_free(settings: DemoSettings) -> None:
    """Look at every port before anything is started.

    Raises:
        PartFailed: some are taken; the message says which, and how to change them.
    """
    wanted = settings.ports(postgres="CYCLADES_DATABASE_URL" not in os.environ)
    taken = [
        f"Port {port} is taken: end what listens there, or say {variable}=<another port> make demo"
        for port, variable in wanted.items()
        if is_taken(port)
    ]
    if taken:
        raise PartFailed("\n".join(taken))


def announce(settings: DemoSettings) -> None:
    """Print what to type."""
    told = SIMULATED.format(
        port=settings.simulator_port, admin=settings.simulator_admin_port, home=settings.home
    )
    sys.stdout.write(
        ANNOUNCEMENT.format(
            home=settings.home, image=IMAGE, clusters="" if settings.clusters_file else told
        )
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
