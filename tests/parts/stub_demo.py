"""Runs the demo's supervisor around the stub of the services, without any content."""

import sys
from pathlib import Path

from deploy.standalone.__main__ import announce, run
from deploy.standalone.supervisor import Supervisor

STUB = (sys.executable, str(Path(__file__).parent / "stub_cloud.py"))


if __name__ == "__main__":
    sys.exit(
        run(
            lambda settings: Supervisor(
                settings=settings, announce=announce, cloud=STUB, fill=lambda *_: None
            )
        )
    )
