import json
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import pytest

from azureml_emulator.errors import Forbidden, Unauthorized
from azureml_emulator.state.credentials.tokens import RUN_AUDIENCE, Tokens, service_key

ARM = "https://management.azure.com"


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "secrets.json")


def signature(query: str) -> tuple[str, str, str]:
    values = parse_qs(query)
    return values["sp"][0], values["se"][0], values["sig"][0]


def test_bearer(tokens: Tokens) -> None:
    token = tokens.run_bearer("1")
    assert tokens.check_bearer(f"Bearer {token}") == tokens.check_bearer(f"bearer {token}") == ("run:1", RUN_AUDIENCE)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert {"exp", "tid", "oid"} <= claims.keys()


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer abc", "Bearer a.b.c"])
def test_no_bearer(tokens: Tokens, header: str) -> None:
    with pytest.raises(Unauthorized):
        tokens.check_bearer(header)


def test_bearer_that_is_not_ours(tokens: Tokens, tmp_path: Path) -> None:
    claims = {"iss": "azureml-emulator", "sub": "me", "aud": "local", "exp": 4102444800}
    unsigned = jwt.encode(claims, "", algorithm="none")
    expired = jwt.encode(claims | {"exp": 1}, json.loads((tmp_path / "secrets.json").read_text())["signing"])
    foreign = Tokens(tmp_path / "other.json").bearer("me", ARM)
    for token in (unsigned, expired, foreign):
        with pytest.raises(Unauthorized, match="refused"):
            tokens.check_bearer(f"Bearer {token}")


def test_secrets_stay(tokens: Tokens, tmp_path: Path) -> None:
    again = Tokens(tmp_path / "secrets.json")
    assert again.check_bearer(f"Bearer {tokens.bearer('me', ARM)}") == ("me", ARM)
    assert again.identity_secret == tokens.identity_secret
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_signature_of_a_container_and_of_a_blob(tokens: Tokens) -> None:
    whole, one = signature(tokens.sas("c", "rw")), signature(tokens.sas("c/a.txt", "r"))
    tokens.check_sas("c", "a.txt", *whole, write=True)
    tokens.check_sas("c", "a.txt", *one, write=False)
    for container, blob, signed, write in (
        ("c", "b.txt", one, False),
        ("c", "a.txt", one, True),
        ("d", "a.txt", whole, False),
        ("c", "a.txt", ("rw", *one[1:]), True),
        ("c", "a.txt", ("r", "2099-01-01T00:00:00Z", one[2]), False),
        ("c", "a.txt", ("r", "", ""), False),
        ("c", "a.txt", ("r", one[1], "ü"), False),
    ):
        with pytest.raises(Unauthorized):
            tokens.check_sas(container, blob, *signed, write=write)


@pytest.mark.parametrize("audience", ["https://ml.azure.local", "https://127.0.0.1:8443/"])
def test_a_token_is_for_the_resource_that_was_asked_for(tokens: Tokens, audience: str) -> None:
    token = tokens.bearer("me", audience)
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == audience.rstrip("/")
    assert tokens.check_bearer(f"Bearer {token}") == ("me", audience.rstrip("/"))


def test_what_is_issued_for_a_purpose_is_no_bearer_and_no_bearer_is_for_a_purpose(tokens: Tokens) -> None:
    with pytest.raises(Unauthorized):
        tokens.check_bearer(f"Bearer {tokens.issue('studio session', 60)}")
    with pytest.raises(Unauthorized):
        tokens.check(tokens.bearer("me", "studio session"), "studio session")


@pytest.mark.parametrize("seconds", [2, 3600])
def test_a_clock_that_steps_back_refuses_no_token(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr("azureml_emulator.state.credentials.tokens.time.time", lambda: now + seconds)
        token, session = tokens.bearer("me", ARM), tokens.issue("studio session", 60)
    assert tokens.check_bearer(f"Bearer {token}") == ("me", ARM)
    assert tokens.check(session, "studio session")


def test_signatures_expire_by_the_clock_of_the_workspace(tmp_path: Path) -> None:
    now = datetime(2026, 11, 27, tzinfo=timezone.utc)
    tokens = Tokens(tmp_path / "secrets.json", now=lambda: now)
    address, credential = signature(tokens.sas("c/a.txt", "r")), signature(tokens.sas("c", "r", timedelta(days=365)))
    now += timedelta(hours=7, minutes=59)
    tokens.check_sas("c", "a.txt", *address, write=False)
    now += timedelta(minutes=2)
    with pytest.raises(Forbidden, match=r"the signed address of c/a\.txt expired at 2026-11-27T08:00:00Z"):
        tokens.check_sas("c", "a.txt", *address, write=False)
    tokens.check_sas("c", "a.txt", *credential, write=False)
    now += timedelta(days=365)
    with pytest.raises(Forbidden):
        tokens.check_sas("c", "a.txt", *credential, write=False)


def test_a_name_with_newlines_is_no_way_to_another_file(tokens: Tokens) -> None:
    permissions, expiry, signed = signature(tokens.sas("c/a.txt\nrw", "r"))
    with pytest.raises(Unauthorized):
        tokens.check_sas("c", "a.txt", "rw", f"{permissions}\n{expiry}", signed, write=True)


def test_service_keys() -> None:
    keys = {service_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {32}
