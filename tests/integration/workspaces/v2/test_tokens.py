"""Tokens for the data plane: SDK v2 itself refuses one whose audience isn't the one that it asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest

if TYPE_CHECKING:
    from workspaces.v2.workspace import V2Workspace

pytestmark = pytest.mark.parametrize("open_port", ["v2"], indirect=True, scope="module")


def test_a_token_is_for_what_it_is_asked_for(port: V2Workspace) -> None:
    from workspaces.v2.connection import ml_scopes

    (scope,) = ml_scopes()
    token = port._connection.credential.get_token(scope).token
    audience = jwt.decode(token, options={"verify_signature": False})["aud"]
    assert f"{audience}/.default" == scope
