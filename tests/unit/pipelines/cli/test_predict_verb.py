"""What `amlgpu predict` says where there is no model to ask."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.errors import ConfigError, LocalWorkspaceError
from pipelines.cli.main import app


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (["--model", "nowhere"], ConfigError, "--model nowhere: neither a folder here, nor the number of a registered"),
        ([], LocalWorkspaceError, "or say which model with --model DIR"),
        (["--model", "3"], LocalWorkspaceError, "or say which model with --model DIR"),
    ],
)
def test_where_there_is_no_model_it_says_what_to_name(
    words: list[str], kind: type[Exception], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMLGPU_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    ended = CliRunner().invoke(app, ["predict", "--service", "digits", "a.jpg", *words])

    assert isinstance(ended.exception, kind)
    assert message in str(ended.exception)
    assert ended.stdout == ""
