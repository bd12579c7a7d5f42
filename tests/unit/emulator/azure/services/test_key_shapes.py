"""Keys that a client could not send."""

from __future__ import annotations

import pytest

from azureml_emulator.azure.services.shapes import Keys, NewKey
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import checked


@pytest.mark.parametrize("key", ["ä", "😀", "a\nb", "a b", "\x7f"])
def test_a_key_goes_into_a_header(key: str) -> None:
    with pytest.raises(BadRequest, match="primaryKey must be printable ASCII"):
        checked(Keys, {"primaryKey": key})
    with pytest.raises(BadRequest, match="keyValue must be printable ASCII"):
        checked(NewKey, {"keyType": "Primary", "keyValue": key})


def test_a_key_that_is_none_or_sound() -> None:
    checked(Keys, {"primaryKey": "s3cret+/=", "secondaryKey": None})
    checked(NewKey, {"keyType": "Primary", "keyValue": ""})
