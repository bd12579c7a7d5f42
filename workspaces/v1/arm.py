"""Reads of Azure Resource Manager that SDK v1 has no call for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from azureml.core.authentication import AbstractAuthentication

from workspaces.errors import RequestError
from workspaces.netrc import as_given
from workspaces.v1.errors import message_of

TIMEOUT_SECONDS = 60
MOST_PAGES = 20


def address(authentication: AbstractAuthentication) -> str:
    """Of the cloud that the SDK is in, without a slash at its end; the SDK has no public name for it."""
    return str(authentication._get_arm_end_point()).rstrip("/")


def read(authentication: AbstractAuthentication, url: str, what: str) -> dict[str, Any]:
    """The document at ``url``. HTTPError, which says that ``what`` was refused and why, where it isn't given."""
    headers = authentication.get_authentication_header()
    answer = requests.get(url, headers=headers, auth=as_given, timeout=TIMEOUT_SECONDS)
    if not answer.ok:
        refusal = f"{what} was refused ({answer.status_code})"
        raise requests.HTTPError(f"{refusal}: {message_of(answer)}", response=answer)
    with understanding(what):
        document = answer.json()
        if not isinstance(document, dict):
            raise TypeError(f"a {type(document).__name__}")
    return document


def read_all(authentication: AbstractAuthentication, url: str, what: str) -> Iterator[dict[str, Any]]:
    """What a list holds; of more pages than are read, the first."""
    rest: str | None = url
    for _ in range(MOST_PAGES):
        if not rest:
            return
        page = read(authentication, rest, what)
        with understanding(what):
            yield from page["value"]
        rest = page.get("nextLink")


@contextmanager
def understanding(what: str) -> Iterator[None]:
    """RequestError where the answer to ``what`` isn't what is looked for in it, such as a page of a proxy's."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RequestError(
            f"{what} was answered in a form that isn't known here ({error!r}). Is a proxy between?"
        ) from error
