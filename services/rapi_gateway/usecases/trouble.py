"""What is said of a cluster that does not answer, or refuses."""

from services.rapi_gateway.ganeti.errors import OddAnswer, RapiTrouble, Refused
from shared.errors import BadInput, Unavailable


class ClusterSilent(Unavailable):
    """The cluster does not answer now."""

    code = "gateway.cluster.silent"


class QueryRefused(BadInput):
    """Ganeti does not take the query."""

    code = "gateway.query.refused"


def told(name: str, trouble: RapiTrouble) -> Exception:
    """Return the trouble with a cluster as an error for whoever asked."""
    refused = isinstance(trouble, Refused) and trouble.status in {400, 404}
    if refused or isinstance(trouble, OddAnswer):
        return QueryRefused(f"Cluster {name} refuses the query: {trouble}")
    return ClusterSilent(f"Cluster {name}: {trouble}", retry_after=1)
