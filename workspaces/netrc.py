"""Keeps the passwords of ~/.netrc out of requests that have a key or a token of their own, or need none.

requests takes them in place of the header Authorization that it is given, where the file knows the host or has a
`default` (https://requests.readthedocs.io/en/latest/user/authentication/#netrc-authentication).
"""

import os

from requests import PreparedRequest


def as_given(request: PreparedRequest) -> PreparedRequest:
    """As `auth` of a request: sends it as it is."""
    return request


def forget_netrc() -> None:
    """Let no other library of this process, such as the SDK, find the file. Its proxies stay, which Azure may need."""
    os.environ["NETRC"] = os.devnull
