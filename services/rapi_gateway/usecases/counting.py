"""What the gateway counts and shows of each cluster, as Prometheus reads it.

Clusters are few and named by administrators; what is gone is no longer shown.
"""

from typing import Final

from prometheus_client import Counter, Gauge

SUBMISSIONS: Final = Counter(
    "cyclades_gateway_submissions", "Submissions that ended.", ["cluster", "status"]
)
HEALTH: Final = Gauge(
    "cyclades_gateway_cluster_health",
    "The breaker of a cluster: 1 for the state it is in.",
    ["cluster", "state"],
)
QUEUE: Final = Gauge(
    "cyclades_gateway_queue", "Submissions pending for a cluster.", ["cluster", "part"]
)
LAG: Final = Gauge(
    "cyclades_gateway_lag_seconds", "How long the first of them has waited.", ["cluster"]
)
CALLS: Final = Gauge(
    "cyclades_gateway_calls", "Calls under way and waiting for a slot.", ["cluster", "lane", "part"]
)
SHARE: Final = Gauge(
    "cyclades_gateway_share",
    "Share of slots and rate that is used of a cluster.",
    ["cluster", "of"],
)
ANSWERED: Final = Gauge(
    "cyclades_gateway_last_answer_timestamp_seconds",
    "When the cluster gave its last good answer.",
    ["cluster"],
)
LAST_JOB: Final = Gauge(
    "cyclades_gateway_last_job", "The highest job id known of a cluster.", ["cluster"]
)

GAUGES: Final = (HEALTH, QUEUE, LAG, CALLS, SHARE, ANSWERED, LAST_JOB)
