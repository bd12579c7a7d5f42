"""What somebody who may write the storage, or tags, has called something."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azureml._restclient.artifacts_client import ArtifactsClient

from workspaces.errors import RequestError

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

pytestmark = pytest.mark.parametrize("open_port", ["v1"], indirect=True, scope="module")


def test_a_file_of_a_version_that_leads_out_is_not_brought(
    port: Workspace, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a blob with such a name below that of the version; the local workspace has none."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"graph")
    made = port.models.register(name, tmp_path / "model", {})
    listed = ArtifactsClient.get_files_by_artifact_prefix_id

    def with_another(client: ArtifactsClient, prefix: str) -> Iterator[tuple[str, Any]]:
        for path, url in listed(client, prefix):
            yield path, url
            yield f"{path}/../../../../planted", f"{url}&"

    monkeypatch.setattr(ArtifactsClient, "get_files_by_artifact_prefix_id", with_another)

    with pytest.raises(RequestError, match=r"planted' points out of the folder"):
        port.models.download(made, tmp_path / "work" / "here")
    assert not list(tmp_path.rglob("planted"))


@pytest.mark.parametrize("run_id", ["../../x", "", "..", "a/b", "\x1b[31mred", "a" * 300])
def test_what_no_run_is_called_is_no_run(port: Workspace, run_id: str) -> None:
    """Tags of models and services name runs: of such a name, no address of Azure ML's is made."""
    assert port.runs.steps(run_id) == {}
    assert port.runs.step(run_id, "smoke_test") is None
