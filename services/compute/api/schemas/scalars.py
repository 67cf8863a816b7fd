"""Numbers and truths, which clients may also send as text."""

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from services.compute.api.schemas.fields import MAX_INT

WHOLE: Final = re.compile(r"-?[0-9]{1,10}", re.ASCII)
DECIMAL: Final = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
TRUE: Final = frozenset({"True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"})
FALSE: Final = frozenset({"False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"})
LARGEST_FLOAT: Final = 3.40282e38


def _truth(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in TRUE | FALSE:
        return value in TRUE
    raise ValueError("is not a boolean")


def _whole(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and WHOLE.fullmatch(value):
        return int(value)
    raise ValueError("is not an integer")


def _decimal(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and DECIMAL.fullmatch(value):
        return float(value)
    raise ValueError("is not a number")


Flag = Annotated[bool, BeforeValidator(_truth)]
Positive = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MAX_INT)]
NotNegative = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=MAX_INT)]
Limit = Annotated[int, BeforeValidator(_whole), Field(ge=-1, le=MAX_INT)]  # -1: unlimited
Factor = Annotated[float, BeforeValidator(_decimal), Field(gt=0, le=LARGEST_FLOAT)]
