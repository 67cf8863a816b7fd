"""Programs of the operating system that tests work with."""

import os

import pytest

from deploy.parts.children import PartFailed
from deploy.parts.packages import installed_program


def needed(program: str, package: str) -> str:
    """Find a program, installing its package where we may.

    Where it cannot be had the test is skipped, but in CI it fails: nothing is left out there.
    """
    try:
        return str(installed_program(program, package=package))
    except PartFailed as missing:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(str(missing))
