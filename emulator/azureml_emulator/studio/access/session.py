"""Who may see the pages: whoever opens an address that the verb `studio` prints, which works once."""

import time

from azureml_emulator.errors import Unauthorized
from azureml_emulator.state.credentials.tokens import Tokens
from azureml_emulator.state.workspace import LocalWorkspace

TICKET_SECONDS = 600
SESSION_SECONDS = 12 * 3600
_TICKET, _SESSION = "studio ticket", "studio session"


def ticket(tokens: Tokens) -> str:
    """What opens one session, soon: it travels in an address, which browsers keep in their history."""
    return tokens.issue(_TICKET, TICKET_SECONDS)


def open_session(workspace: LocalWorkspace, given: str) -> str:
    """The value of the session's cookie for a ticket, which is used up by this. Raises Unauthorized."""
    store = workspace.store
    try:
        identifier = workspace.tokens.check(given, _TICKET)
    except Unauthorized:
        raise Unauthorized(
            f"this address does not open the studio page, or no longer does: {_how(workspace)}"
        ) from None
    if store.find(_TICKET, identifier):
        raise Unauthorized(f"this address was used before, and works only once: {_how(workspace)}")
    for used in store.all(_TICKET):
        if used["expires"] < time.time():
            store.delete(_TICKET, used["id"])
    store.put(_TICKET, identifier, {"id": identifier, "expires": time.time() + TICKET_SECONDS})
    return workspace.tokens.issue(_SESSION, SESSION_SECONDS)


def session_of(workspace: LocalWorkspace, cookie: str | None) -> str:
    """The session that a cookie proves. Raises Unauthorized, which says how to get one."""
    try:
        return workspace.tokens.check(cookie or "", _SESSION)
    except Unauthorized:
        raise Unauthorized(f"you are not signed in to this page: {_how(workspace)}") from None


def _how(workspace: LocalWorkspace) -> str:
    return f"run `{workspace.program} studio`, and open the address that it prints"


def cookie_name(workspace: LocalWorkspace) -> str:
    """Browsers keep cookies of all ports of a host together: each workspace needs a name of its own."""
    return f"studio-{workspace.id[:8]}"
