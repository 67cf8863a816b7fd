"""Holds answers against Tempest's own response schemas; run by the Python that Tempest lives in.

``python tempest_schemas.py < questions.json > findings.json``. The input is an object with
``service`` (compute, volume) and ``answers``: a list of objects with ``question`` (any text),
``client`` (``servers``), ``schema`` (its name there), ``microversion``, ``status``, ``headers``
and ``body``. Out come ``versions``, the microversions at which schemas of each client begin, and
``findings``: what is wrong, and with which answer.
"""

import importlib
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Answered(dict[str, str]):
    """An answer's headers and status, as Tempest's clients know them."""

    def __init__(self, headers: dict[str, str], status: int) -> None:
        super().__init__({name.lower(): value for name, value in headers.items()})
        self.status = status


def numbers(version: str) -> tuple[int, ...]:
    """Return a microversion so that it can be compared."""
    return tuple(int(part) for part in version.split("."))


def clients(service: str) -> dict[str, Any]:
    """Return every module of clients of a service, by its short name."""
    package = importlib.import_module(f"tempest.lib.services.{service}")
    folders = {"compute": ("",), "volume": ("v3",)}[service]
    found = {}
    for folder in folders:
        place = Path(str(package.__file__)).parent / folder
        for path in sorted(place.glob("*_client.py")):
            name = ".".join(filter(None, [package.__name__, folder, path.stem]))
            found[path.stem.removesuffix("_client")] = importlib.import_module(name)
    return found


def ranges(module: Any) -> list[Json]:
    """Return from which to which microversion a client uses which schemas."""
    for _name, each in inspect.getmembers(module, inspect.isclass):
        if each.__module__ == module.__name__ and hasattr(each, "schema_versions_info"):
            return list(each.schema_versions_info)
    return [{"min": None, "max": None, "schema": module.schema}]


def schema_of(module: Any, name: str, version: str) -> Json:
    """Return the schema an answer must meet."""
    for each in ranges(module):
        low, high = each["min"], each["max"]
        above = low is None or low == "None" or numbers(version) >= numbers(low)
        below = high is None or high == "latest" or numbers(version) <= numbers(high)
        if above and below and hasattr(each["schema"], name):
            found: Json = getattr(each["schema"], name)
            return found
    # What never changed is used right from the module.
    unchanged: Json = getattr(module.schema, name)
    return unchanged


def beginnings(module: Any) -> list[str]:
    """Return every microversion at which some schema of a client begins."""
    try:
        known = {each["min"] for each in ranges(module)}
    except AttributeError:  # its answers have no schemas
        return []
    return sorted(known - {None, "None"}, key=numbers)


def once_each(check: Callable[..., None]) -> Callable[..., None]:
    """Return a check that looks at each schema, which must live on, once."""
    seen: set[int] = set()

    def checked(schema: Json, **options: Any) -> None:
        if id(schema) not in seen:
            check(schema, **options)
            seen.add(id(schema))

    return checked


def main() -> None:
    """Read answers, write findings."""
    client = importlib.import_module("tempest.lib.common.rest_client")
    judge, validator = client.RestClient, client.JSONSCHEMA_VALIDATOR
    # Each schema is itself checked once, and not with each answer.
    validator.check_schema = once_each(validator.check_schema)
    asked = json.load(sys.stdin)
    modules = clients(asked["service"])
    findings = []
    for each in asked["answers"]:
        schema = schema_of(modules[each["client"]], each["schema"], each["microversion"])
        answered = Answered(each["headers"], each["status"])
        try:
            judge.validate_response(schema, answered, each["body"])
        except Exception as wrong:  # whatever it is, it is a finding
            what = str(wrong).split("\n\n", 1)[0][:600]
            findings.append(f"{each['microversion']} {each['question']}: {what}")
    versions = {name: beginnings(module) for name, module in modules.items()}
    json.dump({"versions": versions, "findings": findings}, sys.stdout)


if __name__ == "__main__":
    main()
