"""Names that become names of files."""

import re

from deploy.ganeti.storage.refusals import Unusable

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.-]{0,179}")
OURS = (".json", ".part")  # what stands beside the data


def checked(name: str) -> str:
    """The name itself, when a file may bear it.

    Raises:
        Unusable: it could leave the folder, or meet a file of our own.
    """
    if not NAME.fullmatch(name) or name.endswith(OURS):
        raise Unusable("the name is not one that a volume can have.")
    return name
