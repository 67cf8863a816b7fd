"""IP pools of networks."""

from deploy.simulator import pools
from deploy.simulator.model import Network


def _network() -> Network:
    network = Network(name="n", uuid="u", network="10.0.0.0/29", ctime=0, mtime=0)
    network.external = {0, 1, 7}
    network.reserved = {2}
    return network


def test_the_lowest_free_address_is_given_out_first() -> None:
    network = _network()
    assert pools.first_free(network) == 3
    assert pools.address(network, 3) == "10.0.0.3"
    network.reserved |= {3, 4, 5, 6}
    assert pools.first_free(network) is None


def test_the_map_shows_what_is_taken() -> None:
    assert pools.bitmap(_network()) == "XXX....X"
    assert pools.used_count(_network()) == 4
    assert pools.external_text(_network()) == "10.0.0.0, 10.0.0.1, 10.0.0.7"


def test_addresses_outside_have_no_place() -> None:
    assert pools.offset(_network(), "10.0.0.5") == 5
    assert pools.offset(_network(), "10.0.1.5") is None
    assert pools.offset(_network(), "nonsense") is None
