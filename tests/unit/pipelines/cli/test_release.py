from pathlib import Path

import pytest

from config.settings import load_settings
from pipelines.cli.verbs.release import default_model


def test_the_sample_is_the_model_of_its_service_on_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = load_settings("local", environ={})
    assert default_model(here) == "latest", "it isn't trained yet"
    (tmp_path / "sample" / "model").mkdir(parents=True)

    assert default_model(here) == "sample/model"
    assert default_model(here.model_copy(update={"service_file": "letters"})) == "latest"
    assert default_model(load_settings("dev", environ={})) == "latest"
