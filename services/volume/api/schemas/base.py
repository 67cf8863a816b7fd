"""What bodies are made of (Block Storage API v3)."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel

LARGEST: Final = 2**31 - 1  # GiB; what the column holds
FLAGS: Final = {
    **dict.fromkeys(("true", "1", "on", "yes", "t", "y"), True),
    **dict.fromkeys(("false", "0", "off", "no", "f", "n"), False),
}


class Closed(BaseModel):
    """A body with no other keys."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Closed):
    """An action without arguments."""


class ActionBody(RootModel[dict[str, Any]]):
    """One action, by name."""


def _whole(value: Any) -> Any:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        return int(value)
    return value


def _limit(value: Any) -> Any:
    return -1 if value == "-1" else _whole(value)


def _stripped(value: str) -> str:
    return value.strip()


def _flag(value: Any) -> Any:
    return FLAGS.get(value.lower(), value) if isinstance(value, str) else value


Size = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=1, le=LARGEST)]
Limit = Annotated[int, BeforeValidator(_limit), Field(strict=True, ge=-1, le=LARGEST)]
Name = Annotated[str, Field(strict=True, max_length=255), AfterValidator(_stripped)]
Text = Annotated[str, Field(strict=True, max_length=255)]
Word = Annotated[str, Field(strict=True, min_length=1, max_length=255)]
Key = Annotated[str, Field(strict=True, pattern=r"^[a-zA-Z0-9\-_:. ]{1,255}$")]
Flag = Annotated[bool, BeforeValidator(_flag), Field(strict=True)]
Uuid = Annotated[
    str, Field(strict=True, pattern=r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
]
Metadata = dict[Key, Text]
