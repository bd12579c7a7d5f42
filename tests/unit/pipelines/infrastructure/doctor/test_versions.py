from datetime import date

import pytest

from pipelines.infrastructure.doctor.versions import SUPPORT_ENDED, judge, of_versions

PINNED = [
    'azureml-core==1.61.0; extra == "sdk-v1"',
    "requests>=2,<3",
    'azureml-inference-server-http==1.5.1; extra == "local"',
    'azure-ai-ml==1.35.2; extra == "sdk-v2"',
]


def test_the_pinned_sdk_is_what_it_should_be_until_its_support_ends() -> None:
    found = judge(PINNED, lambda _: "1.61.0", SUPPORT_ENDED)
    assert found.outcome == "ok"
    assert found.text.endswith(", azureml-core 1.61.0")


def test_the_end_of_support_is_a_warning() -> None:
    found = judge(PINNED, lambda _: "1.61.0", date(2026, 7, 1))
    assert (found.outcome, "ended on 2026-06-30" in found.text) == ("warn", True)


def test_of_a_target_of_sdk_v2_its_package_is_told() -> None:
    found = judge(PINNED, lambda _: "1.35.2", date(2026, 7, 1), "v2")
    assert (found.outcome, found.text.endswith(", azure-ai-ml 1.35.2")) == ("ok", True)


def test_of_a_target_of_sdk_v2_another_version_is_told() -> None:
    found = judge(PINNED, lambda _: "1.34.0", SUPPORT_ENDED, "v2")
    assert found.outcome == "warn"
    assert found.text.endswith(", azure-ai-ml 1.34.0; untested: azure-ai-ml 1.34.0, not 1.35.2")


def test_another_sdk_is_told_with_what_installs_the_tested_one() -> None:
    found = judge(PINNED, lambda _: "1.60.0", SUPPORT_ENDED)
    assert (found.outcome, "untested: azureml-core 1.60.0, not 1.61.0" in found.text) == ("warn", True)
    assert "`make setup`" in found.mend


@pytest.mark.parametrize("sdk", ["v1", "v2"])
def test_one_that_is_missing_is_told_with_the_extra(sdk: str) -> None:
    found = judge(PINNED, lambda _: "none", SUPPORT_ENDED, sdk)
    assert (found.outcome, found.mend) == ("fail", f"`pip install -e '.[sdk-{sdk}]'` brings it")


@pytest.mark.parametrize("sdk", ["v1", "v2"])
def test_what_is_installed_here_is_tested(sdk: str) -> None:
    assert "untested" not in of_versions(SUPPORT_ENDED, sdk).text
