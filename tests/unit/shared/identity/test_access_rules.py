"""Access rules match as Keystone's wildcards do."""

import pytest

from shared.identity.access_rules import AccessRule
from shared.identity.middleware import Asking


@pytest.mark.parametrize(
    ("pattern", "path", "allowed"),
    [
        ("/v2.1/servers", "/v2.1/servers", True),
        ("/v2.1/servers", "/v2x1/servers", False),
        ("/v2.1/servers", "/v2.1/servers/1", False),
        ("/v2.1/servers/*", "/v2.1/servers/1", True),
        ("/v2.1/servers/*", "/v2.1/servers/1/action", False),
        ("/v2.1/servers/*", "/v2.1/servers/", False),
        ("/v2.1/**", "/v2.1/servers/1/action", True),
        ("/v2.1/**/action", "/v2.1/servers/1/action", True),
        ("/v2.1/servers/{server_id}/action", "/v2.1/servers/1/action", True),
        ("/v2.1/servers/{server_id}/action", "/v2.1/servers/1/2/action", False),
    ],
)
def test_a_path_matches_its_pattern(pattern: str, path: str, allowed: bool) -> None:
    rule = AccessRule(service="compute", method="get", path=pattern)
    asking = Asking(services=("compute",), method="GET", path=path)
    assert rule.allows(asking) is allowed
