"""What can go wrong between us and RAPI, in classes that say whether Ganeti may have a job.

* RapiTrouble
  - NotSent          no byte of the request left: nobody has a job
    + WrongCertificate   somebody else's certificate, or none we trust
    + HeldBack           the breaker is open: we did not try
    + Stranger           another cluster answers there, and was told nothing
  - NoDaemon         RAPI answered, but its master daemon was not reached: no job
  - Drained          the queue takes no jobs now: no job
  - Refused          RAPI will never take this request: no job
    + NotAllowed         it takes none of ours: the credential is not, or no longer, good
  - Unclear          anything else: there may be a job, only looking tells
    + OddAnswer          the daemons answered, with an error we cannot place
"""

import html
import re
from typing import Final

import orjson

from shared.contracts.ganeti import Failure


class RapiTrouble(Exception):
    """A call to RAPI did not end well."""


class NotSent(RapiTrouble):
    """The request never left."""


class WrongCertificate(NotSent):
    """What answers has a certificate we were not told to trust."""


class HeldBack(NotSent):
    """The cluster is in trouble and is left alone for a moment."""


class Stranger(NotSent):
    """Another cluster answers at this one's address."""


class NoDaemon(RapiTrouble):
    """RAPI runs, Ganeti's master daemon does not."""


class Drained(RapiTrouble):
    """The job queue takes nothing now."""


class Refused(RapiTrouble):
    """RAPI refuses the request for good."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def failure(self) -> Failure:
        """The class of failure a submission ends with."""
        return REFUSALS.get(self.status, Failure.BAD_REQUEST)


class NotAllowed(Refused):
    """RAPI does not know our name and password, or does not let us write."""


class Unclear(RapiTrouble):
    """Nobody knows whether the request was carried out."""


class OddAnswer(Unclear):
    """An error of RAPI's that says nothing of its health: a bad filter causes one, too."""


REFUSALS: Final = {404: Failure.NOT_FOUND}
DEFINITE: Final = frozenset({400, 404, 413, 415, 501})
FORBIDDEN: Final = frozenset({401, 403})
LONGEST: Final = 500  # characters of a message that are kept
DRAINED: Final = ("Queue drained", "Job queue is drained", "Job queue is full")
NO_DAEMON: Final = "Can't connect to master daemon"
UNPARSABLE: Final = "Failed to parse request"
# How the master daemon words its own refusals: ('text', 'ecode').
CODED: Final = re.compile(r"\(.*, '([a-z_]+)'\)", re.DOTALL)
CODES: Final = {"unknown_entity": 404, "wrong_input": 400}


def message_in(body: bytes) -> str:
    """Return the message of RAPI's error body, with its HTML escapes undone."""
    spoken = _spoken(body)
    return body[:200].decode(errors="replace") if spoken is None else spoken


def _spoken(body: bytes) -> str | None:
    """Return what RAPI says; None when it is not RAPI that speaks (a proxy, say)."""
    try:
        document = orjson.loads(body)
        return html.unescape(str(document["message"]))[:LONGEST]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def trouble_in(status: int, body: bytes) -> RapiTrouble:
    """Return what an answer other than 200 means.

    Only RAPI's own words are believed: the 404 of whatever stands before it, or in its place,
    says nothing about instances, and the request may have been passed on.
    """
    message = _spoken(body)
    if message is None:
        return Unclear(f"{status}: {message_in(body)}")
    if status in FORBIDDEN:
        return NotAllowed(status, message)
    if status in DEFINITE:
        return Refused(status, message)
    return _trouble_of_daemons(status, message)


def _trouble_of_daemons(status: int, message: str) -> RapiTrouble:
    if status in {500, 503} and message.startswith(DRAINED):
        return Drained(message)
    if status == 502 and message.startswith(NO_DAEMON):
        return NoDaemon(message)
    if status == 502 and message.startswith(UNPARSABLE):
        return Refused(400, message)
    if status == 500 and (coded := CODED.fullmatch(message)) and coded[1] in CODES:
        return Refused(CODES[coded[1]], message)
    return OddAnswer(f"500: {message}") if status == 500 else Unclear(f"{status}: {message}")
