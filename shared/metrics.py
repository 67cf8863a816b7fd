"""What this process counts, as Prometheus reads it.

Metrics are made once per process and labelled with the service, because the all-in-one process
runs all services beside each other.
"""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

REQUESTS: Final = Counter(
    "cyclades_http_requests",
    "Requests answered, by URL template: never by the URL asked for, which anybody can invent.",
    ["service", "method", "route", "status"],
)
REQUEST_SECONDS: Final = Histogram(
    "cyclades_http_request_seconds",
    "Time from the request's headers to the end of its handler.",
    ["service", "method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)


def exposition() -> bytes:
    """Return everything counted so far in Prometheus's text format."""
    return generate_latest()
