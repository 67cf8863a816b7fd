"""Tells the six services where everything is, by the variables they read their settings from."""

import base64
import os
from typing import Final

from deploy.parts.keystone import Keystone
from deploy.parts.passwords import write_private
from deploy.parts.postgres import PostgresServer
from deploy.standalone.settings import HOST, DemoSettings, url

# Each service and the user it is in Keystone's project `service`.
SERVICES: Final = {
    "compute": "nova",
    "network": "neutron",
    "image": "glance",
    "volume": "cinder",
    "rapi_gateway": "cyclades",
    "ganeti_watcher": "cyclades",
}
# Whom a service asks over HTTP, besides the gateway.
NEIGHBOURS: Final = {"compute": ("network", "image", "volume"), "volume": ("image",)}


def environment(
    settings: DemoSettings, server: PostgresServer, keystone: Keystone
) -> dict[str, str]:
    """The variables of the process with the six services; what is set already, stays."""
    told = {
        "CYCLADES_DATABASE_URL": server.url,
        "CYCLADES_IDENTITY_URL": keystone.url,
        "CYCLADES_SECRET_KEY": _secret_key(settings),
        "CYCLADES_IMAGE_DATA_DIR": str(settings.home / "images"),
    }
    told["CYCLADES_COMPUTE_CONSOLE_PORT"] = str(settings.console_port)
    for service, port in settings.service_ports().items():
        prefix = f"CYCLADES_{service.upper()}_"
        told |= {
            f"{prefix}HOST": HOST,
            f"{prefix}PORT": str(port),
            f"{prefix}PUBLIC_URL": url(port),
            f"{prefix}SERVICE_USER": SERVICES[service],
            f"{prefix}SERVICE_PASSWORD": keystone.password(SERVICES[service]),
            f"{prefix}GATEWAY_URL": url(settings.gateway_port),
        }
        for neighbour in NEIGHBOURS.get(service, ()):
            told[f"{prefix}{neighbour.upper()}_URL"] = url(settings.service_ports()[neighbour])
    return told | dict(os.environ)


def _secret_key(settings: DemoSettings) -> str:
    """The key that secrets in the databases are encrypted with (Fernet's form)."""
    path = settings.home / "secrets" / "secret-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, base64.urlsafe_b64encode(os.urandom(32)).decode())
    return path.read_text()
