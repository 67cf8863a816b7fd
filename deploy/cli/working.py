"""Runs a command's work: progress when it takes long, and a next step when it fails."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from deploy.cli.problems import next_step, told
from deploy.cli.session import NotLoggedIn, gateway_for, login_from
from shared.clients.gateway import GatewayClient
from shared.errors import CloudError

Result = TypeVar("Result")

PATIENCE: Final = 2.0  # seconds without a sign of life


def run(work: Callable[[GatewayClient], Awaitable[Result]], doing: str, *, json: bool) -> Result:
    """Do the work with a gateway client and return its result.

    Args:
        work: what to do.
        doing: what is shown while it takes long.
        json: errors are printed as JSON.

    Raises:
        typer.Exit: it failed; that has been said.
    """
    try:
        return asyncio.run(_done(work, doing))
    except (CloudError, NotLoggedIn) as problem:
        complain(problem, json=json)
        raise typer.Exit(1) from problem


async def _done(work: Callable[[GatewayClient], Awaitable[Result]], doing: str) -> Result:
    async with gateway_for(login_from(os.environ)) as gateway:
        task = asyncio.ensure_future(work(gateway))
        done, _pending = await asyncio.wait({task}, timeout=PATIENCE)
        if not done:
            with Console(stderr=True).status(f"{doing} …"):
                await asyncio.wait({task})
        return task.result()


def complain(problem: CloudError | NotLoggedIn, *, json: bool) -> None:
    """Say what went wrong and what to do next."""
    if json:
        document = {"error": {"message": told(problem), "next": next_step(problem)}}
        print_json(document)
        return
    screen = Console(stderr=True, highlight=False, soft_wrap=True)
    screen.print(f"[bold red]Error:[/] {escape(told(problem))}")
    screen.print(f"[bold]Next:[/] {next_step(problem)}")


def print_json(document: object) -> None:
    """Print a document for machines."""
    typer.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
