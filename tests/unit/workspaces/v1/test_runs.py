from pathlib import Path
from types import SimpleNamespace

import pytest

from workspaces.azure.history import step_seconds
from workspaces.errors import RequestError
from workspaces.v1.runs import V1Run


@pytest.mark.parametrize(
    ("started", "ended", "seconds"),
    [
        ("2026-01-01T10:00:00.1234567Z", "2026-01-01T10:01:30.7654321Z", 90.0),
        ("2026-01-01T10:00:00.123456+0000", "2026-01-01T10:00:02+00:00", 2.0),
        (None, None, None),
        (None, "2026-01-01T10:00:02Z", None),
    ],
)
def test_seconds_are_read_from_every_form_of_time_that_azure_ml_writes(
    started: str | None, ended: str | None, seconds: float | None
) -> None:
    assert step_seconds({"startTimeUtc": started, "endTimeUtc": ended}) == seconds


def test_seconds_of_a_running_step_count_to_now() -> None:
    seconds = step_seconds({"startTimeUtc": "2026-01-01T10:00:00Z"})
    assert seconds is not None
    assert seconds > 0


@pytest.mark.parametrize(("root", "expected"), [("pipeline-run", "pipeline-run"), (None, "step-run")])
def test_a_step_names_the_pipeline_run_that_it_belongs_to(
    root: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZUREML_ROOT_RUN_ID", raising=False)
    if root:
        monkeypatch.setenv("AZUREML_ROOT_RUN_ID", root)
    assert V1Run(SimpleNamespace(id="step-run")).pipeline_run_id == expected


def of_files(names: list[str]) -> V1Run:
    """A run that keeps these, as the SDK would bring them: wherever it is told to, one by one or together."""

    def download_file(_name: str, path: str) -> None:
        Path(path).write_text("evil")

    def download_files(prefix: str, output_directory: str, append_prefix: bool) -> None:
        assert not append_prefix
        for name in names:
            Path(output_directory, name.removeprefix(prefix)).write_text("evil")

    downloads = {"download_file": download_file, "download_files": download_files}
    return V1Run(SimpleNamespace(id="r", get_file_names=lambda: names, **downloads))


@pytest.mark.parametrize("others", [0, 5])
@pytest.mark.parametrize("name", ["../evil.txt", "/{}/evil.txt"])
def test_no_file_of_a_run_is_brought_to_outside_of_the_folder(tmp_path: Path, name: str, others: int) -> None:
    (folder := tmp_path / "there").mkdir()
    names = [f"outputs/source/{name.format(tmp_path)}", *(f"outputs/source/{number}.txt" for number in range(others))]

    with pytest.raises(RequestError, match=r"its file 'outputs/source/.*/evil\.txt' points out of the folder"):
        of_files(names).fetch_folder("outputs/source/", folder)

    assert list(tmp_path.rglob("*")) == [folder]
