"""Why something is not done, in a sentence and in the status code the agent answers."""


class Refused(Exception):
    """What was asked for is not done; nothing has changed."""

    code = 409


class Unusable(Refused):
    """The request makes no sense as it is."""

    code = 400


class NotThere(Refused):
    """There is no such volume, snapshot, upload or disk."""

    code = 404


class Busy(Refused):
    """Too much is going on; the same may be asked again later."""

    code = 503
