"""Reads of Azure Resource Manager that neither SDK has a call for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from workspaces.azure.errors import message_of
from workspaces.errors import RequestError
from workspaces.netrc import as_given

TIMEOUT_SECONDS = 60
MOST_PAGES = 20


@dataclass(frozen=True)
class Arm:
    """Azure Resource Manager, as whoever is signed in reaches it."""

    address: Callable[[], str]
    """Of the cloud that the SDK is in, without a slash at its end."""
    header: Callable[[], Mapping[str, str]]
    """The header that says who asks."""

    def read(self, path: str, what: str) -> dict[str, Any]:
        """The document at ``path``. HTTPError, which says that ``what`` was refused and why, where it isn't given."""
        return self._read(f"{self.address()}{path}", what)

    def read_all(self, path: str, what: str) -> Iterator[dict[str, Any]]:
        """What a list holds; of more pages than are read, the first."""
        rest: str | None = f"{self.address()}{path}"
        for _ in range(MOST_PAGES):
            if not rest:
                return
            page = self._read(rest, what)
            with understanding(what):
                yield from page["value"]
            rest = page.get("nextLink")

    def _read(self, url: str, what: str) -> dict[str, Any]:
        answer = requests.get(url, headers=self.header(), auth=as_given, timeout=TIMEOUT_SECONDS)
        if not answer.ok:
            refusal = f"{what} was refused ({answer.status_code})"
            raise requests.HTTPError(f"{refusal}: {message_of(answer)}", response=answer)
        with understanding(what):
            document = answer.json()
            if not isinstance(document, dict):
                raise TypeError(f"a {type(document).__name__}")
        return document


@contextmanager
def understanding(what: str) -> Iterator[None]:
    """RequestError where the answer to ``what`` isn't what is looked for in it, such as a page of a proxy's."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise RequestError(
            f"{what} was answered in a form that isn't known here ({error!r}). Is a proxy between?"
        ) from error
