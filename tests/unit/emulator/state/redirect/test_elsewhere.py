import os

import pytest

from azureml_emulator.state.redirect.elsewhere import leading_elsewhere, with_home
from tests.hostile import CREDENTIALS


def test_what_azures_libraries_would_take_first_is_found() -> None:
    ours = {"AZUREML_CURRENT_CLOUD", "MSI_ENDPOINT"}  # which have values of our own
    harmless = {"AZUREML_EMULATOR_HOME": "here", "AZURE_STORAGE_ACCOUNT": "mine", "PATH": "/bin"}
    assert leading_elsewhere(CREDENTIALS | harmless) == sorted(CREDENTIALS.keys() - ours)


@pytest.mark.parametrize(
    "name", ["AZURE_CLIENT_SECRET", "AZUREML_SERVICE_PRINCIPAL_ID", "AZURE_KUBERNETES_TOKEN_PROXY", "OBO_ENDPOINT"]
)
def test_an_empty_one_counts(name: str) -> None:
    assert leading_elsewhere({name: ""}) == [name]


def test_a_home_is_given_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert with_home({"HOME": "/home/me"}) == {}
    monkeypatch.delenv("HOME")
    for environ in ({}, {"HOME": ""}):
        assert os.path.isdir(with_home(environ)["HOME"])  # noqa: PTH112
