"""The error taxonomy every service raises from.

* CloudError
  - BadInput          the request is malformed or breaks a documented rule
  - NotAuthenticated  no valid token
  - NotAllowed        a valid token without the right role
  - NotFound          absent, or not visible to this project (we never say which)
  - WrongMethod       the URL exists, the method does not
  - NotAcceptable     a microversion or media type we do not speak
  - Conflict          well formed, but not in this state
    + StaleWrite      someone else wrote first; re-read and try again
  - TooLarge          the body exceeds what the URL takes
  - WrongMediaType    the body is in a format the URL does not take
  - Unprocessable     an idempotency key was used with another body
  - OverQuota         the project's limit is reached (status differs per API family)
  - NotSupported      known to the API, impossible on Ganeti or not built (status per family)
  - Unavailable       a dependency is down or slow; the caller may retry
    + BackendFailed   Ganeti accepted the job and the job failed

``kind`` decides the HTTP status, once, in ``shared.web.faults``. ``code`` is what
clients may branch on: it is written once, documented, and never reused.
"""

from enum import Enum
from typing import ClassVar


class Kind(Enum):
    """What the caller should do about an error."""

    BAD_INPUT = "bad_input"
    NOT_AUTHENTICATED = "not_authenticated"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    WRONG_METHOD = "wrong_method"
    NOT_ACCEPTABLE = "not_acceptable"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    WRONG_MEDIA_TYPE = "wrong_media_type"
    UNPROCESSABLE = "unprocessable"
    OVER_QUOTA = "over_quota"
    NOT_SUPPORTED = "not_supported"
    UNAVAILABLE = "unavailable"
    BUG = "bug"


class CloudError(Exception):
    """An error with a stable code and a message fit for the user.

    Args:
        message: one sentence the user can act on; no SQL, no host, no job text.
        name: the exception name Neutron's fault body shows as ``type``; the class's own if absent.
        retry_after: seconds after which a repeat may work, sent as ``Retry-After``.
    """

    kind: ClassVar[Kind] = Kind.BUG
    code: ClassVar[str] = "cloud.bug"

    def __init__(
        self, message: str, *, name: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.name = name or type(self).__name__
        self.retry_after = retry_after


class BadInput(CloudError):
    """The request is malformed or breaks a documented rule."""

    kind = Kind.BAD_INPUT
    code = "cloud.bad_input"


class NotAuthenticated(CloudError):
    """No valid token came with the request."""

    kind = Kind.NOT_AUTHENTICATED
    code = "cloud.not_authenticated"


class NotAllowed(CloudError):
    """The token is valid, but its roles do not allow this."""

    kind = Kind.NOT_ALLOWED
    code = "cloud.not_allowed"


class NotFound(CloudError):
    """Absent, or not visible to this project."""

    kind = Kind.NOT_FOUND
    code = "cloud.not_found"


class WrongMethod(CloudError):
    """The URL exists, but not with this method."""

    kind = Kind.WRONG_METHOD
    code = "cloud.wrong_method"


class NotAcceptable(CloudError):
    """The client asks for a version or media type that is not spoken here."""

    kind = Kind.NOT_ACCEPTABLE
    code = "cloud.not_acceptable"


class Conflict(CloudError):
    """Well formed, but not possible in the current state."""

    kind = Kind.CONFLICT
    code = "cloud.conflict"


class StaleWrite(Conflict):
    """Another writer changed the row since it was read."""

    code = "cloud.stale_write"


class TooLarge(CloudError):
    """The body is larger than the URL takes."""

    kind = Kind.TOO_LARGE
    code = "cloud.too_large"


class WrongMediaType(CloudError):
    """The body is in a format that the URL does not take."""

    kind = Kind.WRONG_MEDIA_TYPE
    code = "cloud.wrong_media_type"


class Unprocessable(CloudError):
    """An idempotency key came again with another body."""

    kind = Kind.UNPROCESSABLE
    code = "cloud.unprocessable"


class OverQuota(CloudError):
    """The project's limit is reached."""

    kind = Kind.OVER_QUOTA
    code = "cloud.over_quota"


class NotSupported(CloudError):
    """The API knows this, but this cloud cannot do it."""

    kind = Kind.NOT_SUPPORTED
    code = "cloud.not_supported"


class Unavailable(CloudError):
    """A dependency is down or slow; retrying later may work."""

    kind = Kind.UNAVAILABLE
    code = "cloud.unavailable"


class BackendFailed(Unavailable):
    """Ganeti accepted the job, and the job failed."""

    code = "cloud.backend_failed"
