"""Lets the connections of this process share what is read of the certificates that they trust.

The SDKs open a connection for nearly every request, and requests reads the file anew for each: with the public
certificates that takes a processor 20 to 40 ms, which was a third of what `amlgpu run` took. What is replaced are the
methods that an adapter of one's own may override: the SDKs make their sessions themselves.
(https://requests.readthedocs.io/en/latest/api/#requests.adapters.HTTPAdapter) requests itself shared one context for a
while, and stopped for the sake of adapters with TLS settings of their own (psf/requests#6767): those keep theirs here.
"""

import ssl
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter
from requests.certs import where  # type: ignore[attr-defined]  # the stubs lack it
from urllib3.util.ssl_ import create_urllib3_context

Version = tuple[str, int, int]
_HOOKS = (
    *("init_poolmanager", "proxy_manager_for", "cert_verify"),
    *("build_connection_pool_key_attributes", "get_connection_with_tls_context"),
)
"""By which an adapter can have TLS settings of its own; all from requests 2.32.3 on."""
_contexts: dict[Version, ssl.SSLContext] = {}


def share_certificates() -> None:
    """For all sessions of requests, from now on. Those with a client's own certificate stay as they are."""
    adapter: Any = HTTPAdapter
    if all(hasattr(adapter, hook) for hook in _HOOKS) and not hasattr(adapter.cert_verify, "__wrapped__"):
        adapter.build_connection_pool_key_attributes = _sharing(adapter.build_connection_pool_key_attributes)
        adapter.cert_verify = _reading_no_more(adapter.cert_verify)


def _sharing(attributes: Any) -> Any:
    @wraps(attributes)
    def shared(self: HTTPAdapter, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = attributes(self, request, verify, cert)
        if host["scheme"] == "https" and not cert and _is_plain(self) and (verify is True or "ca_certs" in pool):
            with suppress(OSError):  # then requests says what is wrong with the file
                pool["ssl_context"] = _trusting(Path(pool.get("ca_certs") or where()))
                pool.pop("ca_certs", None)
        return host, pool

    return shared


def _is_plain(adapter: HTTPAdapter) -> bool:
    """Whether it has nothing of its own to say about TLS: that would be said of all connections by a shared context."""
    inherits = all(getattr(type(adapter), hook) is getattr(HTTPAdapter, hook) for hook in _HOOKS)
    return inherits and adapter.poolmanager.connection_pool_kw.keys() <= {"maxsize", "block"}


def _reading_no_more(cert_verify: Any) -> Any:
    @wraps(cert_verify)
    def verified(self: HTTPAdapter, conn: Any, url: str, verify: Any, cert: Any) -> None:
        cert_verify(self, conn, url, verify, cert)
        shared = getattr(conn, "conn_kw", {}).get("ssl_context") in _contexts.values()
        if shared and not (conn.proxy and conn.proxy.scheme == "https"):  # such a proxy is trusted by the file itself
            conn.ca_certs = None

    return verified


def _trusting(file: Path) -> ssl.SSLContext:
    """The one for this file; another once it has changed."""
    found = file.stat()
    version = (str(file), found.st_mtime_ns, found.st_size)
    if version not in _contexts:
        context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
        context.load_verify_locations(file)
        _contexts[version] = context
    return _contexts[version]
