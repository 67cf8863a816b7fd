"""Writes what a user of the demo sources: `openrc`, `clouds.yaml`, and `bin` with the commands."""

import json
import shlex
import sys
from pathlib import Path
from typing import Final

from deploy.parts.environments import ROOT, environment
from deploy.parts.keystone import Keystone
from deploy.parts.keystone_content import REGION
from deploy.parts.passwords import write_private

OPENRC: Final = """\
# Makes `openstack` talk to the demo as its administrator: source this file.
# As the user demo instead: openstack --os-cloud cyclades-demo ...
unset OS_CLOUD OS_TOKEN OS_USER_ID OS_PROJECT_ID OS_TENANT_ID OS_TENANT_NAME OS_DOMAIN_ID
unset OS_DOMAIN_NAME OS_SYSTEM_SCOPE OS_TRUST_ID OS_USER_DOMAIN_ID OS_PROJECT_DOMAIN_ID OS_CACERT
export OS_CLIENT_CONFIG_FILE={clouds}
export OS_AUTH_TYPE=password
export OS_AUTH_URL={url}/v3
export OS_IDENTITY_API_VERSION=3
export OS_USERNAME=admin
export OS_PASSWORD={password}
export OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_NAME=Default
export OS_PROJECT_DOMAIN_NAME=Default
export OS_REGION_NAME={region}
export OS_INTERFACE=public
export CYCLADES_GATEWAY_URL={gateway}
case ":$PATH:" in *:{bin}:*) ;; *) export PATH={bin}:"$PATH" ;; esac
"""
COMMAND: Final = """\
#!/bin/sh
PYTHONPATH={root} exec {python} -c "from deploy.cli.main import main; main()" "$@"
"""


def write_credentials(home: Path, keystone: Keystone, gateway: str) -> None:
    """Write everything; what was there is replaced."""
    clouds = {
        f"cyclades-{user}": {
            "auth_type": "password",
            "auth": {
                "auth_url": f"{keystone.url}/v3",
                "username": user,
                "password": keystone.password(user),
                "project_name": user,
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": REGION,
            "interface": "public",
            "identity_api_version": "3",
        }
        for user in ("admin", "demo")
    }
    # JSON is YAML, and needs no library to write it.
    write_private(home / "clouds.yaml", json.dumps({"clouds": clouds}, indent=2) + "\n")
    openrc = OPENRC.format(
        clouds=shlex.quote(str(home / "clouds.yaml")),
        url=keystone.url,
        password=shlex.quote(keystone.password("admin")),
        region=REGION,
        gateway=gateway,
        bin=shlex.quote(str(home / "bin")),
    )
    write_private(home / "openrc", openrc)
    _write_commands(home / "bin")


def _write_commands(folder: Path) -> None:
    """Put on the PATH what users and administrators type."""
    folder.mkdir(exist_ok=True)
    openstack = folder / "openstack"
    openstack.unlink(missing_ok=True)
    openstack.symlink_to(environment("clients").home / "bin" / "openstack")
    cyclades = folder / "cyclades"
    quoted = {"root": shlex.quote(str(ROOT)), "python": shlex.quote(sys.executable)}
    cyclades.write_text(COMMAND.format(**quoted))
    cyclades.chmod(0o755)
