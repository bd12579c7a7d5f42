import re
from datetime import datetime

from azureml_emulator.wire import now, page, without_internal


def test_time_has_seven_digits_and_a_zone() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00", now())
    assert datetime.fromisoformat(now().replace("0+", "+")).tzinfo


def test_page_has_no_next_link() -> None:
    assert page(iter([{"a": 1}])) == {"value": [{"a": 1}], "continuationToken": None}


def test_internal_keys() -> None:
    assert without_internal({"a": 1, "_keys": "secret"}) == {"a": 1}
