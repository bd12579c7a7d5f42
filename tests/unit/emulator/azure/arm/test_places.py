"""Addresses of files, and the assets that stand for them."""

from pathlib import Path
from typing import Any

import pytest

from azureml_emulator.azure.arm.assets.codes import CODES, code_folder
from azureml_emulator.azure.arm.assets.data import DATA
from azureml_emulator.azure.arm.assets.environments import definition_of
from azureml_emulator.azure.arm.assets.models import MODELS, model_files_of
from azureml_emulator.azure.arm.assets.places import folder_of, place_of
from azureml_emulator.azure.arm.assets.references import asset_of
from azureml_emulator.azure.assets.models.registry import model_files
from azureml_emulator.errors import BadRequest
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION, LocalWorkspace

SCOPE = f"subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}/workspaces/{NAME}"
SHORT = "azureml://datastores/workspaceblobstore/paths/"


@pytest.fixture
def stored(workspace: LocalWorkspace) -> Path:
    """A folder with a file on the default datastore."""
    folder = workspace.folder / "blobs" / "azureml-blobstore" / "net"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    return folder


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        (f"{SHORT}net/", ("workspaceblobstore", "net")),
        (f"azureml://{SCOPE}/datastores/WorkspaceBlobStore/paths/a b/%20", ("workspaceblobstore", "a b/%20")),
        (f"azureml://{SCOPE.upper()}/datastores/workspaceblobstore/paths/", ("workspaceblobstore", "")),
        ("https://local.blob.emulator@127.0.0.1:9/azureml-blobstore/a%20b/c", ("workspaceblobstore", "a b/c")),
        ("azureml://jobs/j/outputs/artifacts/paths/m/", ("workspaceartifactstore", "ExperimentRun/dcid.j/m")),
        ("azureml:table:1", ("workspaceblobstore", "net")),
        ("azureml:table@latest", ("workspaceblobstore", "net")),
    ],
)
def test_places(workspace: LocalWorkspace, stored: Path, uri: str, place: tuple[str, str]) -> None:
    workspace.store.put("run", "j", {"dataContainerId": "dcid.j"})
    DATA.put(workspace, "table", "1", {"dataType": "uri_folder", "dataUri": f"{SHORT}net/"})
    assert place_of(workspace, uri) == place
    assert folder_of(workspace, uri).is_relative_to(workspace.folder / "blobs")
    assert stored.is_dir()


@pytest.mark.parametrize(
    "uri",
    [
        *("", "/", "a", "azureml:", "azureml://", "azureml:a", "azureml:none:1", "azureml:a@production"),
        *(f"{SHORT}../x", f"{SHORT}a/../../x", "azureml://datastores/none/paths/x", "file:///etc/passwd"),
        *("https://example.com/azureml-blobstore/x", "https://127.0.0.1/none/x", "https://[x", "/etc/passwd"),
        *("azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/workspaceblobstore/paths/x",),
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/components/c/versions/1",
    ],
)
def test_what_is_no_place(workspace: LocalWorkspace, uri: str) -> None:
    for look in (place_of, folder_of):
        with pytest.raises(BadRequest) as failure:
            look(workspace, uri)
        assert uri[:30] in failure.value.message


def test_references(workspace: LocalWorkspace, stored: Path) -> None:
    found, new = MODELS.put(workspace, "net", "3", {"modelUri": f"{SHORT}net"})
    assert new
    references = [found["id"], f"azureml:{found['id']}", "azureml:net:3", "azureml:net@latest"]
    assert {asset_of(workspace, "models", one)["id"] for one in references} == {found["id"]}
    assert folder_of(workspace, found["id"]) == folder_of(workspace, "azureml:net:3", "models") == stored
    assert model_files_of(workspace, found["id"]) == ("net", "3", [stored])
    assert model_files(workspace, workspace.store.get("model", "net:3")) == [stored]
    with pytest.raises(BadRequest, match="no reference to one of codes"):
        asset_of(workspace, "codes", found["id"])
    (stored / "a.txt").unlink()
    stored.rmdir()
    with pytest.raises(BadRequest, match="the files of model 'azureml:net:3' are gone"):
        model_files_of(workspace, "azureml:net:3")


def test_code(workspace: LocalWorkspace, stored: Path) -> None:
    for version, uri in (("1", f"{SHORT}net"), ("2", f"{SHORT}net/a.txt")):
        CODES.put(workspace, "code", version, {"codeUri": uri})
        assert code_folder(workspace, f"azureml:code:{version}") == stored


@pytest.mark.parametrize(
    ("reference", "image"),
    [
        ("azureml:AzureML-sklearn-1.0@latest", "mcr.microsoft.com/azureml/curated/sklearn-1.0:1"),
        ("azureml:AzureML-sklearn-1.0:7", "mcr.microsoft.com/azureml/curated/sklearn-1.0:7"),
        ("azureml://registries/azureml/environments/sklearn-1.5/labels/latest", "sklearn-1.5:latest"),
        ("azureml://registries/azureml/environments/AzureML-ACPT/versions/2", None),
    ],
)
def test_environments_of_azure(workspace: LocalWorkspace, reference: str, image: Any) -> None:
    definition = definition_of(workspace, reference)
    assert definition["name"].startswith("AzureML-")
    assert image is None or definition["docker"]["baseImage"].endswith(image)
