"""The whole of an operation on a blob or none of it: what would be left undone is refused, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace

Send = Callable[..., requests.Response]

HEADERS = {
    "PUT": {
        "x-ms-access-tier": "Cool",
        "x-ms-tags": "a=b",
        "x-ms-lease-id": "00000000-0000-0000-0000-000000000001",
        "x-ms-encryption-key": "a2V5",
        "x-ms-encryption-scope": "scope",
        "x-ms-content-crc64": "AAAAAAAAAAA=",
        "x-ms-copy-source": "https://account.blob.core.windows.net/container/blob",
        "x-ms-if-tags": "a = 'b'",
        "x-ms-legal-hold": "true",
        "x-ms-immutability-policy-until-date": "Fri, 01 Jan 2100 00:00:00 GMT",
        "x-ms-blob-condition-appendpos": "0",
        "x-ms-expiry-time": "1000",
        "x-ms-something-new": "1",
        "Content-Range": "bytes 0-0/10",
        "X-HTTP-Method-Override": "DELETE",
    },
    "GET": {"x-ms-lease-id": "1", "x-ms-encryption-key": "a2V5", "x-ms-if-tags": "a = 'b'", "x-ms-meta-a": "b"}
    | {"x-ms-range-get-content-crc64": "true", "x-ms-upn": "true"},
    "DELETE": {"x-ms-lease-id": "1", "x-ms-if-tags": "a = 'b'", "x-ms-delete-snapshots": "only", "Range": "bytes=0-0"},
}
OPERATIONS = {
    "PUT": ["page", "lease", "snapshot", "tier", "tags", "copy", "seal", "undelete", "expiry", "legalhold", "acl"],
    "GET": ["tags", "pagelist", "list", "acl", "query"],
    "DELETE": ["immutabilityPolicies", "lease"],
}
PARAMETERS = [
    "snapshot=2026-01-01T00:00:00.0000000Z",
    "versionid=1",
    "restype=directory",
    "deletetype=permanent",
    "x=1",
]
ON_CONTAINERS = {
    "GET": ["restype=container&comp=acl", "restype=account&comp=properties", "restype=container&comp=blobs&where=x"]
    + ["", "comp=list"]
    + [f"restype=container&comp=list&{more}" for more in ("include=versions", "showonly=deleted", "startFrom=a")],
    "PUT": ["restype=container", "restype=container&comp=metadata", "restype=container&comp=lease"],
    "DELETE": ["restype=container"],
    "POST": ["restype=container&comp=batch"],
}


@pytest.fixture
def send(workspace: Workspace, emulator: Emulator) -> Send:
    """To the blob `honoured/blob`, or another."""
    signature = str(workspace.get_default_datastore().sas_token).lstrip("?")

    def to(method: str, query: str = "", path: str = "/honoured/blob", **options: object) -> requests.Response:
        url = f"{emulator.http}/azureml-blobstore{path}?{signature}&{query}"
        return requests.request(method, url, timeout=30, **options)  # type: ignore[arg-type]

    return to


@pytest.fixture
def blob(send: Send) -> None:
    assert send("PUT", data=b"as it was").status_code == 201


def is_refused(answer: requests.Response, name: str) -> bool:
    return (answer.status_code, answer.headers["x-ms-error-code"]) == (400, "NotSupportedByEmulator") and (
        name.lower() in answer.reason.lower()
    )


@pytest.mark.usefixtures("blob")
@pytest.mark.parametrize(("method", "name"), [(method, name) for method, sent in HEADERS.items() for name in sent])
def test_headers(send: Send, method: str, name: str) -> None:
    answer = send(method, data=b"other" if method == "PUT" else None, headers={name: HEADERS[method][name]})
    assert is_refused(
        answer, "x-ms-delete-snapshots: only" if name == "x-ms-delete-snapshots" else f"the header {name}"
    )
    assert send("GET").content == b"as it was"


@pytest.mark.usefixtures("blob")
@pytest.mark.parametrize(("method", "comp"), [(method, comp) for method, comps in OPERATIONS.items() for comp in comps])
def test_operations(send: Send, method: str, comp: str) -> None:
    assert "comp=" + comp in send(method, f"comp={comp}").reason
    assert send("GET").content == b"as it was"


@pytest.mark.usefixtures("blob")
@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_parameters(send: Send, method: str, parameter: str) -> None:
    """The reason of a refused HEAD is in the status line: there is no body."""
    assert is_refused(send(method, parameter), parameter)
    assert send("GET").content == b"as it was"


@pytest.mark.parametrize(
    ("method", "query"), [(one, query) for one, several in ON_CONTAINERS.items() for query in several]
)
def test_containers(send: Send, method: str, query: str) -> None:
    assert is_refused(send(method, query, path=""), "")


@pytest.mark.usefixtures("blob")
def test_values(send: Send) -> None:
    for kind in ("PageBlob", "Blob"):
        assert is_refused(send("PUT", headers={"x-ms-blob-type": kind}), f"blobs of the type {kind}")
    for headers, code in (
        ({"x-ms-blob-type": "AppendBlob"}, "InvalidOperation"),
        ({"x-ms-meta-not-a-name": "x"}, "InvalidMetadata"),
        ({"x-ms-meta-a": "x" * 9000}, "MetadataTooLarge"),
        ({"Content-MD5": "no"}, "InvalidMd5"),
        ({"If-Match": '"a", "b"'}, "MultipleConditionHeadersNotSupported"),
        ({"If-Unmodified-Since": "yesterday"}, "InvalidHeaderValue"),
    ):
        answer = send("PUT", data=b"other", headers=headers)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (400, code)
    for query in ("comp=appendblock", "comp=block", "comp=block&blockid=MQ%3D%3D&blockid=Mg%3D%3D"):
        assert send("PUT", query, data=b"other").status_code in (400, 409)
    assert send("GET").content == b"as it was"
    assert send("GET", headers={"x-ms-range-get-content-md5": "true"}).status_code == 400
    assert send("GET", "comp=blocklist&blocklisttype=some").status_code == 400


@pytest.mark.usefixtures("blob")
def test_who_asks_changes_nothing(send: Send) -> None:
    """The client's name of its request comes back, as clients look for it."""
    sent = {
        "x-ms-client-request-id": "mine",
        "x-ms-date": "today",
        "x-ms-version": "2021-04-10",
        "x-ms-useragent": "me",
    }
    answer = send("GET", "timeout=30", headers=sent)
    assert (answer.content, answer.headers["x-ms-client-request-id"]) == (b"as it was", "mine")
