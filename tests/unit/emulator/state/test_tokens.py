import json
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import pytest

from azureml_emulator.errors import Unauthorized
from azureml_emulator.state.tokens import Tokens, service_key


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "secrets.json")


def signature(query: str) -> tuple[str, str]:
    values = parse_qs(query)
    return values["sp"][0], values["sig"][0]


def test_bearer(tokens: Tokens) -> None:
    token = tokens.bearer("run:1")
    assert tokens.check_bearer(f"Bearer {token}") == tokens.check_bearer(f"bearer {token}") == "run:1"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert {"exp", "tid", "oid"} <= claims.keys()


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer abc", "Bearer a.b.c"])
def test_no_bearer(tokens: Tokens, header: str) -> None:
    with pytest.raises(Unauthorized):
        tokens.check_bearer(header)


def test_bearer_that_is_not_ours(tokens: Tokens, tmp_path: Path) -> None:
    claims = {"sub": "me", "aud": "local", "exp": 4102444800}
    unsigned = jwt.encode(claims, "", algorithm="none")
    expired = jwt.encode(claims | {"exp": 1}, json.loads((tmp_path / "secrets.json").read_text())["signing"])
    foreign = Tokens(tmp_path / "other.json").bearer("me")
    for token in (unsigned, expired, foreign):
        with pytest.raises(Unauthorized, match="refused"):
            tokens.check_bearer(f"Bearer {token}")


def test_secrets_stay(tokens: Tokens, tmp_path: Path) -> None:
    again = Tokens(tmp_path / "secrets.json")
    assert again.check_bearer(f"Bearer {tokens.bearer('me')}") == "me"
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
        ("c", "a.txt", ("rw", one[1]), True),
        ("c", "a.txt", ("r", ""), False),
        ("c", "a.txt", ("r", "ü"), False),
    ):
        with pytest.raises(Unauthorized):
            tokens.check_sas(container, blob, *signed, write=write)


def test_service_keys() -> None:
    keys = {service_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {32}
