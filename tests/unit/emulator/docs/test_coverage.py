import json
from collections import Counter

import pytest

from tests.integration.emulator.coverage.driven import Drives, assign, exists, undriven
from tests.integration.emulator.coverage.page import PAGE, TESTS, find_operation, operations, page

OPERATION, OTHER = "GET /modelmanagement/v1.0/models", "POST /modelmanagement/v1.0/models"
MODELS, STEPS = (
    f"tests/integration/emulator/{name}" for name in ("azure/assets/test_models.py::test_list", "test_steps.py::test_a")
)
RUN = "make coverage"


def test_coverage_page_is_current() -> None:
    assert PAGE.read_text() == page(json.loads(TESTS.read_text())), f"run: {RUN}"


def test_each_named_test_exists() -> None:
    named = json.loads(TESTS.read_text())
    gone = {test for tests in named.values() for test in tests.values() if not exists(test)}
    assert not gone, f"{TESTS.name} names tests that are not there: {sorted(gone)}; run: {RUN}"


def test_each_operation_has_a_test() -> None:
    named = json.loads(TESTS.read_text())
    untested = {str(operation) for operation in operations()} - named["sdk"].keys() - named["direct"].keys()
    assert not untested, f"no test drives {sorted(untested)}; write one, then run: {RUN}"


def drives(*operations: str, direct: tuple[str, ...] = ()) -> Drives:
    return Drives(Counter(operations), Counter(direct))


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/modelmanagement/v1.0//models/digits:3/", "GET /modelmanagement/v1.0/models/{model}"),
        ("PUT", "/msi/***/token", "None"),
        ("GET", "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w", "None"),
        ("GET", "/studio", "None"),
    ],
)
def test_operation_of_a_request(method: str, path: str, operation: str) -> None:
    assert str(find_operation(method, path)) == operation


def test_a_refused_request_drives_nothing() -> None:
    line = {"method": "GET", "path": "/modelmanagement/v1.0/models", "user_agent": "sdk"}
    assert Drives.of(
        [line | {"status": 404}, line | {"status": 200}, line | {"status": 200, "user_agent": ""}]
    ) == drives(OPERATION, direct=(OPERATION,))


def test_a_refusal_is_driven_by_its_answer_and_a_service_by_its_405() -> None:
    refusal, score = "POST /modelmanagement/v1.0/packages", "PUT /api/v1/service/{service}/score"
    sdk, refused = {"user_agent": "sdk"}, {"user_agent": "sdk", "error": "NotSupportedByEmulator"}
    lines = [
        {"method": "POST", "path": "/modelmanagement/v1.0/packages", "status": 400, **refused},
        {"method": "PUT", "path": "/api/v1/service/digits/score", "status": 405, **sdk},
        {"method": "POST", "path": "/modelmanagement/v1.0/models", "status": 400, **refused},
    ]
    assert Drives.of(lines) == drives(refusal, score)


def test_a_test_is_named_while_it_drives_the_operation() -> None:
    cases = {MODELS: [drives(OPERATION, OPERATION)], STEPS: [drives(OPERATION)]}
    assert assign(cases, {"sdk": {OPERATION: STEPS}, "direct": {}})["sdk"] == {OPERATION: STEPS}
    assert assign(cases | {STEPS: [drives()]}, {"sdk": {OPERATION: STEPS}, "direct": {}})["sdk"] == {OPERATION: MODELS}


def test_a_test_of_the_service_is_preferred_then_the_one_that_asks_most() -> None:
    other = STEPS + "_too"
    cases = {MODELS: [drives(OPERATION)], STEPS: [drives(OTHER)], other: [drives(OTHER, OTHER, OPERATION, OPERATION)]}
    assert assign(cases, {"sdk": {}, "direct": {}})["sdk"] == {OPERATION: MODELS, OTHER: other}


def test_each_case_of_a_test_must_drive_the_operation() -> None:
    cases = {MODELS: [drives(OPERATION, OTHER), drives(OPERATION)]}
    assert assign(cases, {"sdk": {}, "direct": {}})["sdk"] == {OPERATION: MODELS}


def test_the_sdk_goes_before_direct_requests() -> None:
    named = {"sdk": {}, "direct": {OPERATION: STEPS}}
    cases = {MODELS: [drives(OPERATION)], STEPS: [drives(direct=(OPERATION, OTHER))]}
    assert assign(cases, named) == {"sdk": {OPERATION: MODELS}, "direct": {OTHER: STEPS}}


def test_a_test_that_did_not_run_stays_as_long_as_it_exists() -> None:
    there = "tests/unit/emulator/docs/test_coverage.py::test_coverage_page_is_current"
    named = {"sdk": {OPERATION: there, OTHER: MODELS}, "direct": {}}
    assert assign({}, named)["sdk"] == {OPERATION: there}


def test_what_a_named_test_did_not_drive() -> None:
    named = {"sdk": {OPERATION: MODELS}, "direct": {OTHER: MODELS}}
    assert undriven(MODELS, drives(OPERATION, OTHER), named) == []
    assert undriven(MODELS, drives(direct=(OPERATION, OTHER)), named) == [OPERATION]
    assert undriven(MODELS, drives(OPERATION), named) == [OTHER]
    assert undriven(STEPS, drives(), named) == []
