"""What the watcher counts for Prometheus."""

from typing import TYPE_CHECKING, Final

from prometheus_client import Counter, Gauge, Histogram

from shared.contracts.ganeti import WatchState

if TYPE_CHECKING:
    from services.ganeti_watcher.watch.following import Following
    from services.ganeti_watcher.watch.states import States

FACTS: Final = Counter("cyclades_watcher_facts", "Facts told.", ["cluster"])
HINTS: Final = Counter("cyclades_watcher_hints", "Hints taken from agents.", ["cluster"])
LAG: Final = Histogram(
    "cyclades_watcher_lag_seconds",
    "From a job's end, by Ganeti's clock, to the commit of its fact.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
OPEN: Final = Gauge("cyclades_watcher_open_jobs", "Jobs that have not ended.", ["cluster"])
BEHIND: Final = Gauge("cyclades_watcher_behind_jobs", "Job ids not looked at yet.", ["cluster"])
BREAKS: Final = Gauge("cyclades_watcher_breaks", "New histories since the start.", ["cluster"])
DRIFT: Final = Gauge(
    "cyclades_watcher_drift", "Instances changed without a job, at the last look.", ["cluster"]
)
TROUBLE: Final = Gauge(
    "cyclades_watcher_trouble", "Instances in an ERROR status, at the last look.", ["cluster"]
)
LOOKED: Final = Gauge(
    "cyclades_watcher_last_look_seconds", "When the cluster last answered, Unix time.", ["cluster"]
)
STATE: Final = Gauge(
    "cyclades_watcher_state",
    "How a cluster is followed: 1 for the state it is in.",
    ["cluster", "state"],
)
LATELY: Final = Gauge(
    "cyclades_watcher_cluster_lag_seconds", "The same of the last job that ended.", ["cluster"]
)
TOLD: Final = Gauge(
    "cyclades_watcher_last_fact_seconds", "When the last fact was told, Unix time.", ["cluster"]
)
GAUGES: Final = (OPEN, BEHIND, BREAKS, DRIFT, TROUBLE, LOOKED, STATE, LATELY, TOLD)


def told(cluster: str, facts: int, lag: float | None) -> None:
    """Count facts, and how long after the jobs' end they were told."""
    if facts:
        FACTS.labels(cluster).inc(facts)
        TOLD.labels(cluster).set_to_current_time()
    if lag is not None:
        LAG.observe(lag)
        LATELY.labels(cluster).set(lag)


def judged(cluster: str, state: WatchState) -> None:
    """Show how well a cluster is followed."""
    for each in WatchState:
        STATE.labels(cluster, each).set(each is state)


def stands(cluster: str, following: "Following", states: "States") -> None:
    """Show how a cluster is followed."""
    LOOKED.labels(cluster).set_to_current_time()
    OPEN.labels(cluster).set(len(following.cursor.open) if following.cursor else 0)
    BEHIND.labels(cluster).set(following.behind)
    BREAKS.labels(cluster).set(following.breaks)
    if (found := states.found) is not None:
        DRIFT.labels(cluster).set(found.drift)
        TROUBLE.labels(cluster).set(found.trouble)


def forget(cluster: str) -> None:
    """Show nothing of a cluster another replica follows now."""
    for each in GAUGES:
        each.remove_by_labels({"cluster": cluster})
