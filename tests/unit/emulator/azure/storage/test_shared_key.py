"""Requests that are signed with the account's key."""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from azureml_emulator.azure.storage.blobs.shared_key import Signed, check_shared_key
from azureml_emulator.errors import Forbidden

KEY = "a2V5"
NOW = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)


def signed(*headers: tuple[str, str], date: datetime | None = NOW) -> Signed:
    dated = (("x-ms-date", format_datetime(date, usegmt=True)),) if date else ()
    return Signed("GET", "/c/a%20b", "restype=container&comp=list&Prefix=x%2By", (*dated, *headers))


def check(request: Signed, account: str = "local", signature: str | None = None) -> None:
    check_shared_key(request, f"SharedKey {account}:{signature or request.signature(KEY)}", KEY, NOW)


def test_the_string_to_sign_is_that_of_the_documentation() -> None:
    """Its example of a Put Blob, but for the account, and one of a list with parameters in any order."""
    put = Signed(
        "PUT",
        "/mycontainer/hello.txt",
        "timeout=20",
        (
            ("x-ms-version", "2015-02-21"),
            ("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"),
            ("content-type", "text/plain; charset=UTF-8"),
            ("x-ms-blob-type", "BlockBlob"),
            ("content-length", "11"),
            ("user-agent", "not signed"),
        ),
    )
    assert put.text() == (
        "PUT\n\n\n11\n\ntext/plain; charset=UTF-8\n\n\n\n\n\n\n"
        "x-ms-blob-type:BlockBlob\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
        "/local/mycontainer/hello.txt\ntimeout:20"
    )
    assert signed().text().endswith("\n/local/c/a%20b\ncomp:list\nprefix:x+y\nrestype:container")
    assert signed(("content-length", "0")).text() == signed().text()


def test_what_is_signed_with_the_key_is_taken() -> None:
    check(signed())
    check(signed(("date", format_datetime(NOW, usegmt=True)), date=None))


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_request_of_another_time_is_refused(minutes: int) -> None:
    check(signed(date=NOW + timedelta(minutes=minutes * 14 / 16)))
    with pytest.raises(Forbidden, match="more than 15 minutes away"):
        check(signed(date=NOW + timedelta(minutes=minutes)))


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Nov 2026 12:00:00 GMT", "Fri, 27 Nov 2026 12:00:00 -0000"])
def test_a_request_without_a_date_is_refused(date: str) -> None:
    with pytest.raises(Forbidden, match="no date"):
        check(signed(("x-ms-date", date), date=None))


@pytest.mark.parametrize(("account", "signature"), [("other", None), ("local", "\udc80"), ("local", "bm8="), ("", "")])
def test_another_account_or_signature_is_refused(account: str, signature: str | None) -> None:
    with pytest.raises(Forbidden, match="SharedKey authorization refused"):
        check(signed(), account, signature)
