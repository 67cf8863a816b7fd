"""What administrators do in Ganeti behind the cloud's back is put right, or told."""

import pytest

from tests.parts import discrepancies
from tests.parts.discrepancies import Stage
from tests.parts.site import Site

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture
def stage(site: Site) -> Stage:
    """The first simulated cluster."""
    zone = str(site.clusters[0]["name"]).split(".", 1)[0]
    return Stage(site=site, number=0, zone=zone)


def test_an_instance_that_was_changed_is_what_it_was_or_its_server_follows(stage: Stage) -> None:
    discrepancies.an_instance_that_was_changed(stage)


def test_an_interface_that_was_taken_out_is_let_go_of(stage: Stage) -> None:
    discrepancies.an_interface_that_was_taken_out(stage)


def test_the_instance_of_a_deleted_server_is_removed_and_a_strangers_is_not(stage: Stage) -> None:
    discrepancies.an_instance_that_came_back(stage)


def test_what_happens_while_compute_is_away_is_found(stage: Stage) -> None:
    discrepancies.a_stop_while_compute_is_away(stage)


def test_a_network_is_connected_made_again_and_heeds_what_is_reserved(stage: Stage) -> None:
    discrepancies.a_network_that_was_changed(stage)


def test_a_rescue_that_was_ended_in_ganeti_is_over(stage: Stage) -> None:
    discrepancies.a_rescue_that_was_ended(stage)
