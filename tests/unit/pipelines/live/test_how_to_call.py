"""What is brought to this machine to tell how a service is called, and what a process that is killed leaves of it."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from config.settings import load_settings
from pipelines.live.calling import PICTURE, Calling
from pipelines.live.how_to_call import how_to_call
from steps.artifacts.artifact import Artifact
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.recorded import property_of, sha256_of
from steps.artifacts.verdict import Answer
from workspaces.errors import RequestError
from workspaces.files import StoredFile
from workspaces.services import ServiceState
from workspaces.workspace import Workspace

RUN = "run-3"
IMAGE = bytes(range(256)) * 40


class Step:
    """A step's run, which kept one file."""

    def __init__(self, kept: Artifact) -> None:
        self._name = f"outputs/{kept.file_name}"
        self._content = kept.model_dump_json()

    def properties(self) -> dict[str, str]:
        return {property_of(Path(self._name).name): sha256_of(self._content.encode())}

    def files(self) -> list[str]:
        return [self._name]

    def fetch(self, name: str, path: Path) -> None:
        assert name == self._name
        path.write_text(self._content)


class Remote:
    """Of a workspace, what a release left there."""

    def __init__(self, candidate: Candidate, deployment: Deployment) -> None:
        answered = deployment.model_copy(update={"answers": (Answer(file="7.JPG", label=7, predicted=7),)})
        self.asked = 0
        self._steps = {"register_model": Step(candidate), "deploy_service": Step(answered)}
        self.workspace = cast(Workspace, SimpleNamespace(runs=self, files=self))

    def steps(self, run_id: str) -> dict[str, Step]:
        self.asked += 1
        assert run_id == RUN
        return self._steps

    def read(self, path: str) -> StoredFile:
        self.asked += 1
        assert path == "amlgpu/validation/abc/7.JPG"
        return StoredFile(IMAGE, "1")

    def how(self, run_id: str = RUN) -> Calling | None:
        unknown = dict.fromkeys(
            (
                *("environment", "environment_version", "replicas", "cpu_cores", "memory_gb", "gpu_cores"),
                *("max_concurrent_requests", "max_queue_wait_ms", "scoring_timeout_ms"),
            )
        )
        known = {
            "state": "Healthy",
            "models": ("digits:4",),
            "tags": {"run_id": run_id},
            "scoring_uri": "http://a/score",
        }
        state = ServiceState.model_validate(known | unknown)
        return how_to_call(self.workspace, load_settings("local", environ={}), state, "amlgpu")


@pytest.fixture
def remote(candidate: Candidate, deployment: Deployment) -> Remote:
    return Remote(candidate, deployment)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is brought to."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AMLGPU_HOME", raising=False)
    return tmp_path / ".amlgpu" / "reports" / RUN


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_a_release_left_is_brought_once(remote: Remote, folder: Path) -> None:
    first = remote.how()
    assert first is not None
    assert f"--data-binary @.amlgpu/reports/{RUN}/example.jpg " in first.curl
    assert (folder / "example.jpg").read_bytes() == IMAGE
    asked = remote.asked
    assert (remote.how(), remote.asked) == (first, asked)


def test_who_may_not_read_the_storage_is_told_the_rest(
    remote: Remote, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: str) -> StoredFile:
        raise RequestError(f"{path}: AuthorizationPermissionMismatch")

    with monkeypatch.context() as patched:
        patched.setattr(remote, "read", refused)
        told = remote.how()
    assert told is not None
    assert f"--data-binary @{PICTURE} " in told.curl
    assert "example.jpg" in str(remote.how()), "it is brought as soon as it may be"


def test_half_an_image_is_never_taken_for_a_whole(remote: Remote, folder: Path) -> None:
    with pytest.raises(OSError, match="too large"), no_file_longer_than(len(IMAGE) // 2):
        remote.how()
    assert sorted(path.name for path in folder.iterdir()) == ["candidate.json", "deployment.json"]
    assert remote.how() is not None
    assert (folder / "example.jpg").read_bytes() == IMAGE


@pytest.mark.parametrize("name", ["candidate.json", "deployment.json"])
def test_half_an_artifact_is_brought_again(remote: Remote, folder: Path, name: str) -> None:
    told = remote.how()
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    assert remote.how() == told
    assert (folder / name).read_bytes() == whole


def test_half_an_artifact_is_not_left(remote: Remote, folder: Path) -> None:
    with pytest.raises(OSError, match="too large"), no_file_longer_than(100):
        remote.how()
    assert list(folder.glob("*")) == []


def test_a_tag_that_leads_out_of_the_reports_is_not_followed(remote: Remote, folder: Path) -> None:
    """A service's tags are anybody's to write."""
    assert remote.how() is not None
    asked = remote.asked

    assert remote.how(f"../reports/{RUN}") is None
    assert remote.asked == asked
