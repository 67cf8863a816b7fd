"""`python3 -m deploy.compose_env`: fresh secrets for the compose file, in `deploy/.env`, once.

Imports only the standard library.
"""

import base64
import os
import secrets
import sys
from pathlib import Path
from typing import Final

from deploy.parts.passwords import write_private

PLACE: Final = Path(__file__).resolve().parent / ".env"
PASSWORDS: Final = (
    "POSTGRES_PASSWORD",
    "KEYSTONE_DATABASE_PASSWORD",
    "COMPUTE_DATABASE_PASSWORD",
    "NETWORK_DATABASE_PASSWORD",
    "IMAGE_DATABASE_PASSWORD",
    "VOLUME_DATABASE_PASSWORD",
    "GATEWAY_DATABASE_PASSWORD",
    "WATCHER_DATABASE_PASSWORD",
    "RABBITMQ_PASSWORD",
    "SERVICE_PASSWORD",
    "ADMIN_PASSWORD",
)


def secrets_file() -> str:
    """Return the text of an environment file in which every secret is new."""
    made = {name: secrets.token_urlsafe(24) for name in PASSWORDS}
    made["SECRET_KEY"] = base64.urlsafe_b64encode(os.urandom(32)).decode()
    return "".join(f"{name}={value}\n" for name, value in made.items())


def main(place: Path = PLACE) -> int:
    """Write the file; one that is there is never replaced."""
    if place.exists():
        sys.stderr.write(f"{place} is there already: it is left as it is.\n")
        return 1
    write_private(place, secrets_file())
    sys.stdout.write(f"Written: {place}. Keep it; without it the databases cannot be read.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
