"""Access rules: an application credential may be good for a few requests only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shared.identity.middleware import Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRule:
    """One request an application credential may make."""

    service: str
    method: str
    path: str  # ``*`` and ``{name}`` stand for one segment, ``**`` for any number

    @classmethod
    def of(cls, rule: Mapping[str, Any]) -> "AccessRule":
        """Return the rule as Keystone shows it."""
        return cls(
            service=str(rule.get("service", "")),
            method=str(rule.get("method", "")),
            path=str(rule.get("path", "")),
        )

    def allows(self, asking: Asking) -> bool:
        """Whether this rule covers the request."""
        return (
            self.service in asking.services
            and self.method.upper() == asking.method.upper()
            and _pattern(self.path).fullmatch(asking.path) is not None
        )


@lru_cache(maxsize=1024)
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\{[^/{}]*\})", path)
    return re.compile("".join(_piece(part) for part in parts))


def _piece(part: str) -> str:
    if part == "**":
        return ".*"
    if part == "*" or (part.startswith("{") and part.endswith("}")):
        return "[^/]+"
    return re.escape(part)
