"""Each service is killed with -9 in the middle of a create, and the server comes up once."""

import pytest

from tests.parts.cloud import SERVICES
from tests.parts.site import Site

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize("victim", SERVICES)
def test_a_create_survives_the_death_of(site: Site, victim: str) -> None:
    server_id = site.create()
    site.cloud.kill9(victim)
    site.cloud.launch(victim)
    site.cloud.wait([victim])
    server = site.becomes(server_id, "ACTIVE", within=90)
    assert len(site.instances(server_id)) == 1
    assert site.creations(server_id) == 1, "one instance, made once"
    assert len(server["addresses"]["e2e"]) == 1
    ports = site.cloud.call("GET", "network", f"/v2.0/ports?device_id={server_id}").json()["ports"]
    assert len(ports) == 1
    site.delete(server_id)
    assert site.instances(server_id) == []
