"""Says in one sentence what is wrong with the parameters, before anything is touched.

Run as ``check.py parameters`` (Ganeti validates a request; the secret URL may be absent) or
``check.py create`` (an image is about to be written, so its URL has to be there). Standard
library only: this runs on a Ganeti node under the distribution's own Python.
"""

import os
import re
import sys
from collections.abc import Mapping

FORMATS = ("raw", "qcow2")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}")
CHECKSUM = re.compile(r"sha512:[0-9a-f]{128}")
SIZE = re.compile(r"[1-9][0-9]{0,17}")
URL = re.compile(r"https?://[!-~]+")
DISK_NAME = re.compile(r"[!-~]{1,255}")

# fmt: off
IMAGE_PARAMETERS = (
    ("IMAGE_CHECKSUM", CHECKSUM, "sha512: and 128 lower-case hexadecimal digits"),
    ("IMAGE_FORMAT", re.compile("|".join(FORMATS)), "one of " + ", ".join(FORMATS)),
    ("IMAGE_SIZE", SIZE, "a positive whole number of bytes"),
)
# fmt: on


def complaint(env: Mapping[str, str], *, creating: bool) -> str | None:
    """What is wrong with the parameters, or None when they can be worked with.

    The value of a parameter is never repeated: one of them is a secret, and a caller may have
    put it under the wrong name.
    """
    values = {name[4:]: value for name, value in env.items() if name.startswith("OSP_") and value}
    if "SERVER_ID" in values and not ID.fullmatch(values["SERVER_ID"]):
        return "server_id is not an id."
    wrong = seed_complaint(values) or upload_complaint(values)
    return wrong or image_complaint(values, creating=creating)


def image_complaint(values: Mapping[str, str], *, creating: bool) -> str | None:
    """What is wrong with the parameters about the image."""
    if "IMAGE_ID" not in values:
        stray = sorted(name.lower() for name in values if name.startswith("IMAGE_"))
        return f"{stray[0]} is given without image_id." if stray else None
    if not ID.fullmatch(values["IMAGE_ID"]):
        return "image_id is not an id."
    for name, shape, words in IMAGE_PARAMETERS:
        if not shape.fullmatch(values.get(name, "")):
            return f"{name.lower()} has to be {words}."
    return url_complaint(values.get("IMAGE_URL"), needed=creating)


def seed_complaint(values: Mapping[str, str]) -> str | None:
    """What is wrong with the parameters about the guest's own files."""
    if "SEED_DISK" in values and not DISK_NAME.fullmatch(values["SEED_DISK"]):
        return "seed_disk is not the name of a disk."
    if "SEED_URL" in values and not URL.fullmatch(values["SEED_URL"]):
        return "seed_url is not an http or https URL."
    given = [name.lower() for name in ("SEED", "SEED_URL") if name in values]
    if len(given) > 1:
        return "seed and seed_url are given both."
    if given and "SEED_DISK" not in values:
        return f"{given[0]} is given without seed_disk."
    return None


def upload_complaint(values: Mapping[str, str]) -> str | None:
    """What is wrong with the parameters about an export."""
    if "UPLOAD_URL" in values and not URL.fullmatch(values["UPLOAD_URL"]):
        return "upload_url is not an http or https URL."
    if values.get("UPLOAD_FORMAT", "raw") not in FORMATS:
        return "upload_format has to be one of " + ", ".join(FORMATS) + "."
    return None


def url_complaint(url: str | None, *, needed: bool) -> str | None:
    """What is wrong with the URL, never showing any of it."""
    if url is None:
        return "image_id is given, but no image_url to read it from." if needed else None
    if not URL.fullmatch(url):
        return "image_url is not an http or https URL."
    return None


def main(arguments: list[str]) -> int:
    """Exit 0 when the parameters are good, 1 with a sentence when they are not."""
    wrong = complaint(os.environ, creating=arguments == ["create"])
    if wrong is None:
        return 0
    sys.stderr.write(f"cyclades: {wrong}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
