"""Tempest's response schemas, from its package in an environment of its own, as a judge."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from deploy.parts.environments import environment

SCRIPT: Final = Path(__file__).with_name("tempest_schemas.py")
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of ours, and the schema Tempest has for it."""

    question: str
    client: str  # Tempest's module of clients: servers, flavors, …
    schema: str  # the name of the schema there
    microversion: str
    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def judged(service: str, answers: Sequence[Answer]) -> Json:
    """Return ``findings`` about answers, and the ``versions`` at which each client's schemas begin.

    Without Tempest's environment the test is skipped, but in CI it fails: ``make test`` makes it.
    """
    python = environment("tempest").python
    if not python.exists():
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("Tempest is not installed: python3 -m deploy.parts.environments tempest")
    asked = json.dumps({"service": service, "answers": [vars(each) for each in answers]})
    ran = subprocess.run(
        [python, SCRIPT], input=asked, capture_output=True, text=True, check=False, timeout=100
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    found: Json = json.loads(ran.stdout)
    return found
