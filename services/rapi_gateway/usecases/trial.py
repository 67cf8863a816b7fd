"""Tries a cluster out before it is believed: certificate, credential, right to write."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from services.rapi_gateway.domain.capacity import supported
from services.rapi_gateway.domain.cluster import ClusterRefused, Registered
from services.rapi_gateway.domain.observation import Sighting, observed
from services.rapi_gateway.ganeti.client import Call
from services.rapi_gateway.ganeti.errors import NotSent, RapiTrouble, Refused, WrongCertificate
from services.rapi_gateway.ganeti.link import ClusterLink, Limits
from services.rapi_gateway.usecases.refresh import sight

# Cancelling a job that cannot exist changes nothing, and takes the right to change things.
WRITE_CHECK: Final = Call(method="DELETE", path="/2/jobs/0")


async def tried(
    cluster: Registered, open_secret: Callable[[str], str], limits: Limits
) -> Registered:
    """Return the cluster as it answers with this address, certificate and credential.

    Args:
        cluster: as registered, or as it shall be.
        open_secret: opens its password.
        limits: deadlines.

    Raises:
        ClusterRefused: it does not answer, or not as it should.
    """
    try:
        access = cluster.access(open_secret(cluster.sealed))
        only_here = replace(access, endpoints=(cluster.view.url,))
        link = ClusterLink(only_here, limits)
    except ValueError as unreadable:
        raise ClusterRefused(f"{unreadable}") from unreadable
    sighting = await _sighting(link, cluster)
    uuid = str(sighting.info["uuid"])
    if cluster.view.uuid not in {"", uuid}:
        raise ClusterRefused(f"Another Ganeti cluster answers there: {uuid}.")
    try:
        seen, _broken = observed(cluster.seen(uuid=uuid), sighting)
    except ValueError as misfit:
        raise ClusterRefused(f"{misfit}") from misfit
    return seen


async def _sighting(link: ClusterLink, cluster: Registered) -> Sighting:
    url = cluster.view.url
    try:
        sighting = await sight(link)
        await _check_write(link)
    except WrongCertificate as untrusted:
        raise ClusterRefused(
            f"{url} has a certificate that is not trusted: give its PEM, or trust it on first use."
        ) from untrusted
    except NotSent as silent:
        raise ClusterRefused(f"{url} does not answer.") from silent
    except Refused as refusal:
        raise ClusterRefused(_refusal(url, cluster.username, refusal)) from refusal
    except (RapiTrouble, KeyError, TypeError) as trouble:
        raise ClusterRefused(f"{url} does not answer as Ganeti's RAPI does.") from trouble
    version = str(sighting.info["software_version"])
    if not supported(version):
        raise ClusterRefused(f"Ganeti {version} is too old: 2.16 is the oldest we speak with.")
    return sighting


async def _check_write(link: ClusterLink) -> None:
    try:
        await link.ask(WRITE_CHECK)
    except Refused as refusal:
        if refusal.status in {401, 403}:
            raise
    except NotSent:
        raise
    except RapiTrouble:
        return  # it was let through, which is all we want to know


def _refusal(url: str, username: str, refusal: Refused) -> str:
    if refusal.status == 401:
        return f"{url} refuses the user name or the password."
    if refusal.status == 403:
        return f"{url} does not let {username} write: the RAPI user needs the option write."
    return f"{url} does not answer as Ganeti's RAPI does."
