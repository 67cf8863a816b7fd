"""What the scripts of an OS definition have in common."""

from dataclasses import dataclass

from deploy.simulator.model import Instance, Json


class ScriptFailed(Exception):
    """The script ends with exit code 1; the text is its last line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One run of a create script."""

    instance: Instance
    params: Json  # all OS parameters, secret ones included
    reinstall: bool = False


def installed_params(instance: Instance, secrets: Json) -> Json:
    """Everything the script finds in its environment."""
    merged = {**instance.osparams, **instance.osparams_private}
    for kind in ("osparams_private", "osparams_secret"):
        merged.update(secrets.get(kind) or {})
    return {name: value for name, value in merged.items() if value != "default"}
