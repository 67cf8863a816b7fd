"""Runs several `keystone-manage` commands for the price of one; runs in Keystone's environment.

Importing Keystone takes seconds, its commands fractions of one. So it is imported once, and each
command runs in a fork of that process, as untouched by the others as if it were its own program.

    python several_commands.py CONFIG COMMAND [ARGUMENT ...] [-- COMMAND ...]
"""

import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module


def commands(words: Sequence[str]) -> Iterator[list[str]]:
    """Split the words of several commands at `--`."""
    command: list[str] = []
    for word in [*words, "--"]:
        if word != "--":
            command.append(word)
        elif command:
            yield command
            command = []


def run(config: str, command: Sequence[str]) -> None:
    """Run one command in a fork; end with it when it fails."""
    child = os.fork()
    if child == 0:
        sys.argv = ["keystone-manage", "--config-file", config, *command]
        import_module("keystone.cmd.manage").main()
        sys.stdout.flush()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit(f"keystone-manage {command[0]} failed")


if __name__ == "__main__":
    for needed in ("keystone.cmd.cli", "keystone.cmd.manage", "keystone.server.backends"):
        import_module(needed)
    for each in commands(sys.argv[2:]):
        run(sys.argv[1], each)
