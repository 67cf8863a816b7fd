"""Starts the cloud, watches over it, and takes all of it down when any of it ends."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final

import httpx

from deploy.parts import children
from deploy.parts.children import Child, PartFailed
from deploy.parts.environments import ROOT
from deploy.parts.keystone import Keystone
from deploy.parts.ports import answers
from deploy.parts.postgres import PostgresServer, running_postgres
from deploy.parts.progress import say, step
from deploy.standalone import agents, clusters, content
from deploy.standalone.credentials import write_credentials
from deploy.standalone.ready import ReadySign
from deploy.standalone.settings import HOST, DemoSettings, url
from deploy.standalone.wiring import environment

CLOUD: Final = (sys.executable, "-m", "deploy.standalone.cloud")
LOOK_EVERY: Final = 0.25  # seconds between looks at the children
ASK_EVERY: Final = 1.0  # seconds between questions whether everything answers

Fill = Callable[[DemoSettings, Keystone, Sequence[Mapping[str, Any]]], None]


class Stopped(BaseException):
    """Somebody asked the demo to end; not an error."""


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """One run of the demo."""

    settings: DemoSettings
    announce: Callable[[DemoSettings], None]
    cloud: Sequence[str] = CLOUD
    fill: Fill = content.fill
    _watched: list[Child] = field(default_factory=list)

    def run(self) -> None:
        """Run until told to stop.

        Raises:
            Stopped: by a signal; everything has ended.
            PartFailed: a part did not start, or ended by itself; everything has ended.
        """
        with ExitStack() as stack:
            stack.enter_context(stopping_on_signals())
            sign = stack.enter_context(ReadySign(self.settings.home / "ready"))
            stack.callback(say, "stopped; `make demo` goes on from here")
            self._start(stack)
            sign.up()
            self.announce(self.settings)
            stack.callback(say, "stopping ...")
            stack.callback(sign.lower)
            self._watch(sign)

    def _start(self, stack: ExitStack) -> None:
        settings, logs = self.settings, self.settings.home / "logs"
        keystone = Keystone(home=settings.home / "keystone", port=settings.identity_port, logs=logs)
        stack.callback(keystone.stop)
        keystone.prepare()
        with step("PostgreSQL"):
            server = stack.enter_context(
                running_postgres(settings.home / "postgres", port=settings.postgres_port, logs=logs)
            )
        # All of them start at once; only then is any of them waited for.
        cloud = self._cloud(stack, server, keystone)
        simulator, agent = self._simulator(stack), self._agent(stack)
        with step("Keystone"):
            keystone.start()
            keystone.wait()
            keystone.fill(settings.catalogue())
        if simulator:
            with step("simulated Ganeti clusters"):
                clusters.wait_for_simulator(settings, simulator)
        if agent:
            agents.wait_for_agent(settings, agent)
        with step("compute, network, image, volume, gateway and watcher"):
            cloud.wait_until(self._everything_answers, within=120)
        with step("clusters, image, flavors and networks"):
            self.fill(settings, keystone, clusters.registrations(settings))
        write_credentials(settings.home, keystone, url(settings.gateway_port))
        parts = [server.child, simulator, agent, cloud, *keystone.children]
        self._watched = [child for child in parts if child]

    def _simulator(self, stack: ExitStack) -> Child | None:
        if self.settings.clusters_file:
            return None
        simulator = clusters.start_simulator(self.settings)
        stack.callback(simulator.stop)
        return simulator

    def _agent(self, stack: ExitStack) -> Child | None:
        if self.settings.clusters_file:
            return None
        agent = agents.start_agent(self.settings)
        stack.callback(agent.stop)
        return agent

    def _cloud(self, stack: ExitStack, server: PostgresServer, keystone: Keystone) -> Child:
        cloud = children.start(
            "the cloud",
            self.cloud,
            log=self.settings.home / "logs" / "cloud.log",
            environ=environment(self.settings, server, keystone),
            folder=ROOT,
        )
        stack.callback(cloud.stop)
        return cloud

    def _watch(self, sign: ReadySign) -> None:
        """Keep the sign true, until a child ends or a signal comes."""
        asked = 0.0
        while True:
            for child in self._watched:
                if not child.is_running:
                    raise PartFailed(
                        f"{child.name} has ended. Its last words:\n{child.last_words()}"
                    )
            if time.monotonic() - asked >= ASK_EVERY:
                self._show(sign, well=self._everything_answers())
                asked = time.monotonic()
            time.sleep(LOOK_EVERY)

    def _show(self, sign: ReadySign, *, well: bool) -> None:
        if well and not sign.is_up:
            say("everything answers again")
            sign.up()
        elif not well and sign.is_up:
            say("something does not answer; see the logs")
            sign.lower()

    def _everything_answers(self) -> bool:
        """Whether all six services say they are ready, and what they stand on answers."""
        settings = self.settings
        simulated = [] if settings.clusters_file else clusters.simulated_ports(settings)
        return all(answers(port, HOST) for port in (settings.identity_port, *simulated)) and all(
            _is_ready(port) for port in settings.service_ports().values()
        )


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"{url(port)}/readyz", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Turn the first signal to end into `Stopped`; more of them change nothing."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in asked:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {each: signal.signal(each, stop) for each in asked}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
