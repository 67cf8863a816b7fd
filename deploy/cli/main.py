"""The ``cyclades`` command."""

import typer
from cryptography.fernet import Fernet

from deploy.cli import clusters

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they may hold a password
    help="Look after a Cyclades cloud. Who you are comes from OS_* variables (an openrc file).",
)
app.add_typer(clusters.app, name="cluster")


@app.command()
def key() -> None:
    """Print a new key for CYCLADES_SECRET_KEY."""
    typer.echo(Fernet.generate_key().decode())


def main() -> None:
    """Run the command line."""
    app()
