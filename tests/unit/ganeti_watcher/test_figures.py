"""What Prometheus reads of a cluster that is followed here, and of one that is no longer."""

from prometheus_client import REGISTRY

from services.ganeti_watcher.watch import figures
from shared.contracts.ganeti import WatchState

CLUSTER = "figures-c1"


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"cyclades_watcher_{name}", {"cluster": CLUSTER, **labels})


def test_a_cluster_shows_its_state_its_lag_and_its_last_fact() -> None:
    figures.judged(CLUSTER, WatchState.BEHIND)
    figures.told(CLUSTER, 2, 0.5)
    assert {state: shown("state", state=state) for state in WatchState} == {
        WatchState.FOLLOWING: 0.0,
        WatchState.BEHIND: 1.0,
        WatchState.SILENT: 0.0,
        WatchState.STUCK: 0.0,
    }
    assert shown("cluster_lag_seconds") == 0.5
    before = shown("last_fact_seconds")
    assert before
    figures.told(CLUSTER, 0, None)
    assert shown("last_fact_seconds") == before, "nothing was told"


def test_another_replicas_cluster_shows_nothing_here() -> None:
    figures.judged(CLUSTER, WatchState.FOLLOWING)
    figures.told(CLUSTER, 1, 0.5)
    figures.forget(CLUSTER)
    assert shown("state", state=WatchState.FOLLOWING) is None
    assert shown("cluster_lag_seconds") is None
    assert shown("last_fact_seconds") is None
