"""Settings of the network service."""

import pytest
from pydantic import ValidationError

from services.network.main import pools
from services.network.settings import NetworkSettings


def test_physical_networks_are_told_in_json() -> None:
    written = '{"lan": {"flat": false, "vlans": ["7-9", "20"]}}'
    settings = NetworkSettings.from_environment({"CYCLADES_NETWORK_PHYSICAL_NETWORKS": written})
    (pool,) = pools(settings)
    assert (pool.name, pool.flat, pool.vlans) == ("lan", False, ((7, 9), (20, 20)))


@pytest.mark.parametrize("vlans", ["0-5", "9-7", "4095", "x"])
def test_ranges_that_are_none_are_refused(vlans: str) -> None:
    written = f'{{"lan": {{"vlans": ["{vlans}"]}}}}'
    with pytest.raises(ValidationError):
        NetworkSettings.from_environment({"CYCLADES_NETWORK_PHYSICAL_NETWORKS": written})


def test_a_misspelt_variable_is_refused() -> None:
    with pytest.raises(ValidationError):
        NetworkSettings.from_environment({"CYCLADES_NETWORK_QUOTA": "{}"})
