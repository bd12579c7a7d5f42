"""What an adapter raises where Azure ML, or the way to it, fails.

WorkspaceError              (config.errors)
└── RequestError            Azure ML refused or failed a request; the message is what it said
    ├── Busy                an operation under way is in the way: the same may work later
    ├── NotSignedIn         no credential was accepted
    └── Unreachable         there was no answer at all
"""

from config.errors import WorkspaceError


class RequestError(WorkspaceError):
    """Azure ML refused or failed a request, in its own words."""


class Busy(RequestError):
    """An operation on the same thing is under way."""


class NotSignedIn(RequestError):
    """No credential was found, or none was accepted."""

    unanswered: bool = False
    """Whether somebody who gives credentials didn't answer."""


class Unreachable(RequestError):
    """The connection failed: nobody knows whether the request was carried out."""
