"""Kinds of values that several requests take."""

import ipaddress
import unicodedata
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.errors import BadInput

MAX_INT: Final = 0x7FFFFFFF


class Closed(BaseModel):
    """A body that takes what it knows and nothing else."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def _printable(text: str) -> str:
    if text != text.strip() or not text:
        raise ValueError("Can not start or end with whitespace, or be empty.")
    if any(unicodedata.category(character).startswith("C") for character in text):
        raise ValueError("Must be printable characters.")
    return text


def _strict_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("Must be a string.")  # noqa: TRY004  # pydantic wants ValueError
    return value


def _uuid_text(text: str) -> str:
    try:
        return str(UUID(text)) if len(text) in {32, 36} else _no_uuid(text)
    except ValueError:
        return _no_uuid(text)


def _no_uuid(text: str) -> str:
    raise ValueError(f"'{text[:64]}' is not a 'uuid'")


def _ip(version: int) -> AfterValidator:
    def check(text: str | None) -> str | None:
        if text is None or not text:
            return None
        try:
            found = ipaddress.ip_address(text)
        except ValueError as wrong:
            raise ValueError(f"is not an 'ipv{version}'") from wrong
        if found.version != version:
            raise ValueError(f"is not an 'ipv{version}'")
        return str(found)

    return AfterValidator(check)


def _any_ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as wrong:
        raise ValueError("is not an IP address") from wrong


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("Must be an integer.")  # noqa: TRY004  # pydantic wants ValueError
    return value


Text = Annotated[str, BeforeValidator(_strict_text)]
Name = Annotated[Text, Field(min_length=1, max_length=255), AfterValidator(_printable)]
Description = Annotated[Text, Field(max_length=255)]
Uuid = Annotated[Text, AfterValidator(_uuid_text)]
Count = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MAX_INT)]
IPv4 = Annotated[str | None, _ip(4)]
IPv6 = Annotated[str | None, _ip(6)]
AnyIp = Annotated[Text, AfterValidator(_any_ip)]
Key = Annotated[Text, Field(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9-_:. ]{1,255}$")]
Value = Annotated[Text, Field(max_length=255)]
Metadata = dict[Key, Value]
Tag = Annotated[Text, Field(min_length=1, max_length=60, pattern=r"^[^,/]*$")]
Hostname = Annotated[
    Text, Field(max_length=63, pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?$")
]
FullHostname = Annotated[
    Text,
    Field(max_length=255, pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$"),
]


def require_known_in(
    given: BaseModel, minor: int, since: dict[str, int], until: dict[str, int] | None = None
) -> None:
    """Refuse fields that the request's microversion does not have.

    Args:
        given: what was sent.
        minor: of the microversion.
        since: from which minor on a field is there, by the name it has on the wire.
        until: the last minor that has it.

    Raises:
        BadInput: in the words of an unknown field.
    """
    for name in sorted(given.model_fields_set):
        wire = given.__class__.model_fields[name].alias or name
        too_late = until is not None and minor > until.get(wire, MAX_INT)
        if minor < since.get(wire, 0) or too_late:
            raise BadInput(f"Additional properties are not allowed ('{wire}' was unexpected)")
