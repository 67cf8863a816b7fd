"""``python -m deploy.ganeti.storage COMMAND``: the agent, and what administrators need."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from deploy.ganeti.storage import agent, exports, loops
from deploy.ganeti.storage.contents import Contents
from deploy.ganeti.storage.directory import SILENCE, Directory
from deploy.ganeti.storage.disks import Disks
from deploy.ganeti.storage.keeper import Keeper
from deploy.ganeti.storage.provider import ACTIONS
from deploy.ganeti.storage.provider import main as provide
from deploy.ganeti.storage.refusals import Refused
from deploy.ganeti.storage.routes import Routes
from deploy.ganeti.storage.serial import SerialReader
from deploy.ganeti.storage.settings import Settings, add_options, from_options
from deploy.ganeti.storage.workers import Workers


def directory_of(settings: Settings) -> Directory:
    """The shared folder, made when it is not there."""
    directory = Directory(
        root=Path(settings.root), node=settings.node_name, fuzzy=settings.fuzzy_snapshots
    )
    directory.prepare()
    return directory


def make_agent(settings: Settings, directory: Directory, workers: Workers) -> agent.Agent:
    """An agent that listens, and serves once it is told to."""
    contents = Contents(directory=directory, cache_bytes=settings.cache_bytes)
    routes = Routes(
        directory=directory,
        keeper=Keeper(directory, workers, contents),
        console_logs=Path(settings.console_logs),
    )
    door = agent.Door(
        token=Path(settings.token_file).read_text("utf-8").strip(),
        tls=agent.tls(settings.certificate, settings.key),
        connections=settings.connections,
    )
    if not door.token:
        raise SystemExit(f"{settings.token_file} is empty.")
    return agent.Agent(agent.address(settings.listen), routes, door)


def live(settings: Settings, directory: Directory, over: threading.Event) -> None:
    """Let the other nodes see that this one lives, and keep it tidy, until it is over."""
    while not over.is_set():
        try:
            directory.show_life()
            if settings.exports:
                exports.clear(Path(settings.exports))
        except OSError:
            logging.exception("the shared folder or Ganeti's exports cannot be used")
        over.wait(SILENCE / 6)


def serve(settings: Settings) -> None:
    """Run the agent until SIGTERM or Ctrl-C."""
    directory = directory_of(settings)
    for disk in Disks(directory=directory).forget_lost(lambda file, dev: loops.backs(dev, file)):
        logging.info("disk %s is no device of this node any more", disk)
    workers = Workers(threads=settings.threads, waiting=settings.waiting)
    server = make_agent(settings, directory, workers)
    over = threading.Event()
    for word in (signal.SIGTERM, signal.SIGINT):
        signal.signal(word, lambda *_: over.set())
    threads = [
        threading.Thread(target=live, args=(settings, directory, over), name="life"),
        threading.Thread(target=server.serve_forever, name="server"),
    ]
    reader = SerialReader(Path(settings.console_logs)) if settings.serial else None
    for thread in [*threads, *([reader] if reader else [])]:
        thread.start()
    host, port = server.server_address[:2]
    sys.stdout.write(json.dumps({"listening": f"{host!s}:{port}"}) + "\n")
    sys.stdout.flush()
    over.wait()
    if reader:
        reader.stop()
    server.shutdown()
    server.server_close()
    # Workers are not waited for: whoever asks again has their work begun again.


def parser() -> argparse.ArgumentParser:
    """The command line."""
    commands = argparse.ArgumentParser(prog="cyclades-storage", description=__doc__)
    chosen = commands.add_subparsers(dest="command", required=True)
    for name, words in (
        ("agent", "serve the storage API of this node"),
        ("list", "show every disk and volume as JSON, a line each"),
        ("forget-node", "drop the mappings of a node that is known to be dead"),
    ):
        each = chosen.add_parser(name, help=words, description=words)
        add_options(each)
        if name == "forget-node":
            each.add_argument("dead", help="the node's name")
    each = chosen.add_parser("provide", help="one action of Ganeti's; it calls this itself")
    each.add_argument("action", choices=sorted(ACTIONS))
    return commands


def main(arguments: list[str]) -> int:
    """Do one command."""
    given = parser().parse_args(arguments)
    if given.command == "provide":
        return provide(given.action)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    os.umask(0o077)
    settings = from_options(given)
    if given.command == "agent":
        serve(settings)
        return 0
    directory = directory_of(settings)
    if given.command == "forget-node":
        found: list[object] = list(Disks(directory=directory).forget_node(given.dead))
    else:
        shelves = (directory.volumes, directory.snapshots, directory.disks)
        found = [{"kind": s.one, "name": n} | s.need(n) for s in shelves for n in s.names()]
    sys.stdout.writelines(json.dumps(each) + "\n" for each in found)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as why:
        sys.exit(f"cyclades-storage: {why}")
