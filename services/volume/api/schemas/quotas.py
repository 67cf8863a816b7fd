"""Bodies about limits (Block Storage API v3)."""

from typing import Any

from pydantic import RootModel

from services.volume.api.schemas.base import Closed, Flag, Limit


class QuotaSetBody(Closed):
    """``PUT /os-quota-sets/{project}``."""

    quota_set: dict[str, Any]
    skip_validation: Flag = False


class QuotaClassBody(Closed):
    """``PUT /os-quota-class-sets/{class}``."""

    quota_class_set: dict[str, Any]


class Limits(RootModel[dict[str, Limit]]):
    """Limits by resource; -1 is none."""


class Skip(Closed):
    """Whether limits may be set below what is in use."""

    skip_validation: Flag = False
