"""``cyclades cluster …``: which Ganeti clusters serve the cloud."""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from pydantic import SecretStr, ValidationError
from rich.console import Console

from deploy.cli.showing import show_cluster, show_clusters
from deploy.cli.working import complain, print_json, run
from shared.contracts.gateway import Cluster, ClusterPatch, ClusterRegistration, Link
from shared.errors import BadInput

NONE: Final = "none"  # takes away what was set
app = typer.Typer(no_args_is_help=True, help="Register Ganeti clusters and look after them.")

Name = Annotated[str, typer.Argument(help="The cluster's name here: a-z, 0-9 and dashes.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
AgentUrl = Annotated[
    str | None,
    typer.Option(help="Where its storage agents answer: https://{node}:8799, or one for all."),
]
AgentToken = Annotated[
    str | None, typer.Option(envvar="CYCLADES_AGENT_TOKEN", help="The agents' token.")
]
AgentCa = Annotated[
    Path | None, typer.Option(help="PEM file with the certificate (or CA) of the agents.")
]


@app.command()
def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="Where its RAPI answers: https://host:5080")],
    username: Annotated[str, typer.Option(help="RAPI user with the option write.")],
    password: Annotated[
        str,
        typer.Option(
            envvar="CYCLADES_RAPI_PASSWORD", prompt=True, hide_input=True, help="Its password."
        ),
    ],
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM file with the certificate (or CA) to trust.")
    ] = None,
    trust_on_first_use: Annotated[
        bool, typer.Option("--trust-on-first-use", help="Pin whatever certificate answers now.")
    ] = False,
    zone: Annotated[
        str | None, typer.Option(help="Availability zone; the cluster's name if absent.")
    ] = None,
    link: Annotated[
        list[str] | None,
        typer.Option(help="physical_network=mode:link[:vlan], e.g. physnet1=bridged:br0"),
    ] = None,
    os: Annotated[
        str, typer.Option(help="OS definition instances are installed with.")
    ] = "cyclades+default",
    disk_template: Annotated[
        str | None, typer.Option(help="Disk template; the cluster's first fitting one if absent.")
    ] = None,
    image_url_base: Annotated[
        str | None, typer.Option(help="Where its nodes reach the image service.")
    ] = None,
    settle: Annotated[
        float, typer.Option(help="Seconds before a job that was lost is submitted again.")
    ] = 210.0,
    ext_provider: Annotated[
        str | None, typer.Option(help="Our ExtStorage provider on its nodes: disks are then ext.")
    ] = None,
    agent_url: AgentUrl = None,
    agent_token: AgentToken = None,
    agent_ca_file: AgentCa = None,
    json: Json = False,
) -> None:
    """Register a cluster, once its certificate and credential have been tried."""
    try:
        asked = ClusterRegistration(
            name=name,
            url=url,
            username=username,
            password=SecretStr(password),
            ca_pem=None if ca_file is None else ca_file.read_text(),
            trust_on_first_use=trust_on_first_use,
            availability_zone=zone,
            links=dict(link_in(text) for text in link or ()),
            os=os,
            disk_template=disk_template,
            image_url_base=image_url_base,
            settle=settle,
            ext_provider=ext_provider,
            agent_url=agent_url,
            agent_token=None if agent_token is None else SecretStr(agent_token),
            agent_ca_pem=None if agent_ca_file is None else agent_ca_file.read_text(),
        )
    except (ValidationError, ValueError, OSError) as wrong:
        complain(BadInput(reason_of(wrong)), json=json)
        raise typer.Exit(1) from wrong
    cluster = run(lambda gateway: gateway.register(asked), f"Trying {url}", json=json)
    _show(cluster, json=json, done=f"Cluster {name} is registered.")


@app.command("list")
def list_clusters(json: Json = False) -> None:
    """Show all clusters."""
    clusters = run(lambda gateway: gateway.clusters(), "Asking the gateway", json=json)
    if json:
        print_json({"clusters": [each.model_dump(mode="json") for each in clusters]})
    else:
        show_clusters(clusters)


@app.command()
def show(name: Name, json: Json = False) -> None:
    """Show one cluster and its nodes."""
    _show(run(lambda gateway: gateway.cluster(name), "Asking the gateway", json=json), json=json)


@app.command()
def drain(name: Name, json: Json = False) -> None:
    """Let no new servers come to a cluster; those it has are served."""
    _change(name, "drained", f"Cluster {name} takes no new servers.", json=json)


@app.command()
def offline(name: Name, json: Json = False) -> None:
    """Send nothing to a cluster; what is asked of its servers waits."""
    _change(name, "offline", f"Nothing is sent to cluster {name}.", json=json)


@app.command()
def enable(name: Name, json: Json = False) -> None:
    """Use a cluster again."""
    _change(name, "enabled", f"Cluster {name} is in use.", json=json)


@app.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Forget a cluster; Ganeti and its instances are left alone."""
    if not yes:
        typer.confirm(f"Forget cluster {name}? Its servers can no longer be managed", abort=True)
    run(lambda gateway: gateway.remove(name), f"Removing {name}", json=json)
    if json:
        print_json({"removed": name})
    else:
        Console().print(f"Cluster {name} is forgotten.")


@app.command("set")
def set_(
    name: Name,
    ext_provider: Annotated[
        str | None, typer.Option(help="Our ExtStorage provider on its nodes; none: there is none.")
    ] = None,
    agent_url: AgentUrl = None,
    agent_token: AgentToken = None,
    agent_ca_file: AgentCa = None,
    disk_template: Annotated[
        str | None, typer.Option(help="Disk template; none: the first fitting one.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Availability zone.")] = None,
    json: Json = False,
) -> None:
    """Correct what is known of a cluster; it is tried before it is believed."""
    given = {
        "ext_provider": ext_provider,
        "agent_url": agent_url,
        "agent_token": agent_token if agent_url != NONE else None,
        "agent_ca_pem": None if agent_ca_file is None else agent_ca_file.read_text(),
        "disk_template": disk_template,
        "availability_zone": zone,
    }
    said = {key: None if text == NONE else text for key, text in given.items() if text is not None}
    patch = ClusterPatch.model_validate(said)
    cluster = run(lambda gateway: gateway.change(name, patch), f"Changing {name}", json=json)
    _show(cluster, json=json, done=f"Cluster {name} is changed.")


def _change(
    name: str, state: Literal["enabled", "drained", "offline"], done: str, *, json: bool
) -> None:
    patch = ClusterPatch(state=state)
    cluster = run(lambda gateway: gateway.change(name, patch), f"Changing {name}", json=json)
    _show(cluster, json=json, done=done)


def _show(cluster: Cluster, *, json: bool, done: str = "") -> None:
    if json:
        print_json({"cluster": cluster.model_dump(mode="json")})
        return
    if done:
        Console().print(f"[green]{done}[/]")
    show_cluster(cluster)


def link_in(text: str) -> tuple[str, Link]:
    """Return the physical network and the link that ``net=mode:link[:vlan]`` names.

    Raises:
        ValueError: the text is not of that form.
    """
    network, separator, rest = text.partition("=")
    mode, _, place = rest.partition(":")
    link, _, vlan = place.partition(":")
    if not (network and separator and mode and link):
        raise ValueError(f"{text!r} is not physical_network=mode:link[:vlan].")
    return network, Link.model_validate({"mode": mode, "link": link, "vlan": vlan or None})


def reason_of(wrong: Exception) -> str:
    """Return what is wrong with the options given, without what was given: it may be secret."""
    if isinstance(wrong, ValidationError):
        problems = wrong.errors(include_input=False, include_url=False)
        return "; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems)
    return str(wrong)
