"""A machine's proxy leads to other hosts: requests that stay on it must not be sent there, with their tokens."""

from collections.abc import Mapping

_HERE = ("127.0.0.1", "localhost")
_ALL = "*"
"""Clients know it only where it stands alone."""


def without_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that keep this machine's own addresses from the proxies of `environ`, beside what they keep yet."""
    known = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if known.strip() == _ALL:
        return dict.fromkeys(("NO_PROXY", "no_proxy"), _ALL)
    hosts = [host.strip() for host in known.split(",") if host.strip()]
    hosts += [host for host in _HERE if host not in hosts]
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(hosts))
