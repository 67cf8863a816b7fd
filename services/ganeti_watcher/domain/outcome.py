"""Why a Ganeti job failed, read from ``opresult``.

Four shapes were seen on Ganeti 3.0.2: ``[class, [text, ecode]]``, ``[class, [text]]``, a plain
string (killed, or cancelled while waiting) and null (cancelled in the queue).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.ganeti_watcher.domain.results import clean
from shared.contracts.ganeti import Failure, JobFailure, JobStatus

BY_CODE: Final[Mapping[str, Failure]] = {
    "insufficient_resources": Failure.NO_CAPACITY,
    "temp_insufficient_resources": Failure.BUSY,
    "already_exists": Failure.EXISTS,
    "resource_not_unique": Failure.EXISTS,
    "unknown_entity": Failure.NOT_FOUND,
    "wrong_state": Failure.WRONG_STATE,
    "wrong_input": Failure.BAD_REQUEST,
    "resolver_error": Failure.ENVIRONMENT,
    "environment_error": Failure.ENVIRONMENT,
    "internal_error": Failure.ENVIRONMENT,
}
# The job's process or its master died: its effects may be complete all the same.
DEATH: Final = ("detected death of job", "wconfd")
# How the master says that a node's daemon did not answer it: libcurl's codes of a connection that
# could not be made, took too long, or broke (CURLE_COULDNT_CONNECT, …). Daemons are restarted.
SILENCE: Final = re.compile(r"\bError (?:7|28|35|52|55|56): ")
POLICY: Final = "violates policy"
# The master daemon keeps secrets in memory only: a job that waited for its turn while it was
# restarted has none left. Nothing was done, and the same job sent again has them.
FORGOTTEN: Final = "re-submit secret parameters"


def failure_of(status: JobStatus, results: Sequence[Any]) -> JobFailure | None:
    """Return why the job failed; None for one that did not fail.

    Args:
        status: the job's final status.
        results: ``opresult``, one per opcode.
    """
    if status is JobStatus.LOST:
        return JobFailure(failure=Failure.UNKNOWN_OUTCOME, text="Ganeti no longer knows the job.")
    if status is JobStatus.CANCELED:
        return JobFailure(failure=Failure.CANCELED, text="The job was cancelled.")
    if status is not JobStatus.ERROR:
        return None
    for result in results:
        if (found := _failed_opcode(result)) is not None:
            return found
    return JobFailure(failure=Failure.ENVIRONMENT)


def _failed_opcode(result: Any) -> JobFailure | None:
    if isinstance(result, str):
        return JobFailure(failure=_of_text(result, Failure.ENVIRONMENT), text=clean(result))
    match result:
        case [str() as name, [str() as text, str() as code]] if name.endswith("Error"):
            return JobFailure(failure=_of_code(code, text), code=clean(code), text=clean(text))
        case [str() as name, [text, *_]] if name.endswith("Error"):
            kind = Failure.UNKNOWN_OUTCOME if name == "NoMasterError" else Failure.ENVIRONMENT
            return JobFailure(failure=_of_text(str(text), kind), text=clean(str(text)))
    return None


def _of_code(code: str, text: str) -> Failure:
    failure = BY_CODE.get(code, Failure.ENVIRONMENT)
    if failure is Failure.BAD_REQUEST and POLICY in text:
        return Failure.POLICY
    if failure is Failure.ENVIRONMENT and SILENCE.search(text):
        return Failure.UNREACHABLE
    return Failure.BUSY if FORGOTTEN in text else failure


def _of_text(text: str, otherwise: Failure) -> Failure:
    if not text:  # seen when the configuration's lock could not be had in time
        return Failure.BUSY
    if any(mark in text for mark in DEATH):
        return Failure.UNKNOWN_OUTCOME
    return Failure.UNREACHABLE if SILENCE.search(text) else otherwise
