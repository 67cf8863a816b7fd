"""`python -m deploy.parts.identity_setup`: fills a Keystone that is already running.

Makes projects, roles, the service users and the catalogue; what is there is left as it is, only
the catalogue's addresses are brought up to date. Told by variables: `CYCLADES_IDENTITY_URL`,
`OS_PASSWORD` (the administrator's), `CYCLADES_SERVICE_PASSWORD`, and where clients find each
service: `IDENTITY_URL`, `COMPUTE_URL`, `NETWORK_URL`, `IMAGE_URL`, `VOLUME_URL`.
"""

import os
import sys
from collections.abc import Mapping

import httpx

from deploy.parts.keystone_content import REGION, SERVICE_USERS, Catalogue, Content


def fill(told: Mapping[str, str]) -> None:
    """Fill the Keystone that the variables name.

    Raises:
        KeyError: a variable is missing.
        httpx.HTTPError: Keystone cannot be reached, or refuses.
    """
    catalogue = Catalogue(
        identity=told["IDENTITY_URL"],
        compute=told["COMPUTE_URL"],
        network=told["NETWORK_URL"],
        image=told["IMAGE_URL"],
        volume=told["VOLUME_URL"],
    )
    passwords = dict.fromkeys(SERVICE_USERS, told["CYCLADES_SERVICE_PASSWORD"])
    with Content.opened(told["CYCLADES_IDENTITY_URL"], told["OS_PASSWORD"], REGION) as content:
        content.fill(passwords, catalogue)


def main() -> int:
    """Fill, and say what went wrong."""
    try:
        fill(os.environ)
    except KeyError as missing:
        sys.stderr.write(f"The variable {missing.args[0]} is missing.\n")
        return 2
    except httpx.HTTPError as failure:
        sys.stderr.write(f"Keystone: {failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
