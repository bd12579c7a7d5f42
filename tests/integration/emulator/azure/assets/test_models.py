"""The model registry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig

Rest = Callable[..., requests.Response]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model folder below the current one, where alone the SDK takes models from."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model" / "variables").mkdir(parents=True)
    (tmp_path / "model" / "saved_model.pb").write_bytes(bytes(range(256)))
    (tmp_path / "model" / "variables" / "variables.index").write_bytes(b"")
    return tmp_path / "model"


@pytest.fixture
def register(workspace: Workspace, folder: Path, request: pytest.FixtureRequest) -> Callable[..., Model]:
    """Registers the folder under the test's own name."""
    from azureml.core import Model

    name = request.node.name.replace("_", "-")

    def version(**options: object) -> Model:
        return Model.register(workspace, "model", name, **options)

    return version


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_folder_there_and_back(workspace: Workspace, register: Callable[..., Model], folder: Path) -> None:
    from azureml.core import Model

    registered = register(tags={"content_hash": "abc"}, properties={"kind": "SavedModel"}, description="digits")
    found = Model(workspace, registered.name)
    assert (found.version, found.id, found.description) == (1, f"{registered.name}:1", "digits")
    assert (found.tags, found.properties) == ({"content_hash": "abc"}, {"kind": "SavedModel"})
    downloaded = Path(found.download(target_dir=str(folder.parent / "back")))
    assert downloaded.name == "model"
    assert digests(downloaded) == digests(folder)


def test_single_file(workspace: Workspace, folder: Path) -> None:
    from azureml.core import Model

    registered = Model.register(workspace, "model/saved_model.pb", "single-file")
    downloaded = Path(registered.download(target_dir=str(folder.parent / "back")))
    assert downloaded.read_bytes() == bytes(range(256))


def test_from_the_files_of_a_run(workspace: Workspace, folder: Path) -> None:
    from azureml.core import Experiment, Model

    run = Experiment(workspace, "registers").start_logging(snapshot_directory=None, outputs=False)
    run.upload_folder("outputs/model", "model")
    registered = run.register_model("of-a-run", "outputs/model")
    run.complete()
    assert [model.version for model in Model.list(workspace, run_id=run.id)] == [registered.version]
    assert digests(Path(registered.download(target_dir=str(folder.parent / "back")))) == digests(folder)


def test_versions(workspace: Workspace, register: Callable[..., Model]) -> None:
    from azureml.core import Model

    versions = [register() for _ in range(3)]
    name = versions[0].name
    assert [model.version for model in versions] == [1, 2, 3]
    assert Model(workspace, name).version == 3
    assert Model(workspace, name, version=2).id == Model(workspace, id=f"{name}:2").id == f"{name}:2"
    assert [model.version for model in Model.list(workspace, name)] == [3, 2, 1]
    assert [model.version for model in Model.list(workspace, name, latest=True)] == [3]


def test_filters(workspace: Workspace, register: Callable[..., Model]) -> None:
    from azureml.core import Model

    first = register(tags={"content_hash": "a=", "source": "ci"}, properties={"kind": "SavedModel"})
    register(tags={"content_hash": "b="})

    def versions(**filters: object) -> list[int]:
        return [model.version for model in Model.list(workspace, first.name, **filters)]

    assert versions(tags=["content_hash"]) == [2, 1]
    assert versions(tags=[["content_hash", "a="]]) == [1]
    assert versions(tags=["source", ["content_hash", "b="]]) == []
    assert versions(properties=[["kind", "SavedModel"]]) == [1]
    assert versions(tags=[["content_hash", "c="]]) == []
    assert versions(run_id="none") == []


def test_tags_change(workspace: Workspace, register: Callable[..., Model]) -> None:
    from azureml.core import Model

    model = register(tags={"stage": "candidate", "a/b~c": "kept"})
    model.update(tags={"stage": "production", "a/b~c": "kept"}, description="live")
    model.add_tags({"release": "7"})
    model.remove_tags("stage")
    model.add_properties({"blessed": "true"})
    found = Model(workspace, model.name)
    assert found.tags == {"release": "7", "a/b~c": "kept"}
    assert (found.properties, found.description) == ({"blessed": "true"}, "live")


def test_properties_are_added_and_never_change(workspace: Workspace, register: Callable[..., Model]) -> None:
    """The SDK keeps to it by itself; another client is refused."""
    from azureml._restclient.models_client import ModelsClient
    from azureml.core import Model
    from azureml.exceptions import WebserviceException

    model = register(properties={"version_hash": "a", "kind": "SavedModel"})
    model.add_properties({"commit": "c"})
    with pytest.raises(WebserviceException, match="properties are immutable"):
        Model(workspace, model.name).add_properties({"version_hash": "b"})

    client = ModelsClient(workspace.service_context)
    for change in (
        {"op": "add", "path": "/properties", "value": {"version_hash": "b", "kind": "SavedModel", "commit": "c"}},
        {"op": "replace", "path": "/properties/version_hash", "value": "b"},
        {"op": "remove", "path": "/properties/version_hash"},
        {"op": "add", "path": "/properties", "value": {}},
        {"op": "remove", "path": "/properties"},
    ):
        with pytest.raises(Exception, match=r"property 'version_hash' of model .* cannot"):
            client.patch(model.id, body=[change])
    with pytest.raises(Exception, match="the url of a model never changes"):
        client.patch(model.id, body=[{"op": "replace", "path": "/url", "value": "aml://asset/another"}])

    found = Model(workspace, model.name)
    assert found.properties == {"version_hash": "a", "kind": "SavedModel", "commit": "c"}


def test_deleted_number_is_not_given_again(workspace: Workspace, register: Callable[..., Model]) -> None:
    from azureml.core import Model
    from azureml.exceptions import WebserviceException

    register()
    register().delete()
    third = register()
    assert third.version == 3
    with pytest.raises(WebserviceException, match="ModelNotFound"):
        Model(workspace, third.name, version=2)


def test_what_is_said_of_a_model(workspace: Workspace, register: Callable[..., Model]) -> None:
    from azureml.core import Model
    from azureml.core.resource_configuration import ResourceConfiguration

    needs = ResourceConfiguration(cpu=1, memory_in_gb=0.5, gpu=1)
    framework = {"model_framework": Model.Framework.TENSORFLOW, "model_framework_version": "2.19"}
    name = register(resource_configuration=needs, **framework).name
    found = Model(workspace, name, model_framework=Model.Framework.TENSORFLOW)
    assert (found.model_framework, found.model_framework_version) == ("TensorFlow", "2.19")
    assert found.resource_configuration.serialize() == {"cpu": 1, "memoryInGB": 0.5, "gpu": 1}
    found.update(resource_configuration=ResourceConfiguration(cpu=2, memory_in_gb=1))
    found.update_tags_properties(add_tags={"stage": "candidate"}, add_properties={"blessed": "true"})
    again = Model(workspace, name)
    assert (again.resource_configuration.cpu, again.resource_configuration.gpu) == (2, None)
    assert (again.tags, again.properties) == ({"stage": "candidate"}, {"blessed": "true"})
    assert Model.list(workspace, name, model_framework="Onnx") == []
    assert register(resource_configuration=ResourceConfiguration(cpu=1, memory_in_gb=0.5)).version == 2


def test_a_model_knows_its_run(workspace: Workspace, folder: Path) -> None:
    from azureml.core import Experiment, Model

    run = Experiment(workspace, "registers").start_logging(snapshot_directory=None, outputs=False)
    run.upload_folder("outputs/model", "model")
    options = {"tags": {"stage": "candidate"}, "model_framework": Model.Framework.SCIKITLEARN, "description": "digits"}
    name = run.register_model("knows-its-run", "outputs/model", **options).name
    run.complete()
    found = Model(workspace, name, run_id=run.id)
    assert (found.run.id, found.run_id, found.experiment_name) == (run.id, run.id, "registers")
    assert (found.tags, found.model_framework, found.description) == ({"stage": "candidate"}, "ScikitLearn", "digits")


def test_local_path_of_a_registered_model(workspace: Workspace, register: Callable[..., Model], folder: Path) -> None:
    from azureml.core import Model

    path = Path(Model.get_model_path(register().name, _workspace=workspace))
    assert digests(path) == digests(folder)
    assert path.parts[0] == "azureml-models"


def test_more_versions_than_a_page(workspace: Workspace, rest: Rest) -> None:
    from azureml.core import Model

    sent = {"name": "many", "url": "aml://asset/none", "mimeType": "application/json"}
    for _ in range(41):
        rest("POST", "/modelmanagement/v1.0", "/models", json=sent)
    found = Model.list(workspace, "many", page_count=20, expand=False)
    assert [model.version for model in found] == list(range(41, 0, -1))


def test_a_deployed_model_is_not_deleted(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, model: Callable[[str], Model]
) -> None:
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice
    from azureml.exceptions import WebserviceException

    used = model("used")
    configuration = AksWebservice.deploy_configuration(num_replicas=1, autoscale_enabled=False, cpu_cores=0.1)
    service = Model.deploy(workspace, "uses-a-model", [used], scoring, configuration, cluster)
    service.wait_for_deployment()
    with pytest.raises(WebserviceException, match=f"model {used.id} is deployed in service 'uses-a-model'"):
        used.delete()
    service.delete()
    used.delete()
    assert used.id not in [one.id for one in Model.list(workspace, "echo")]


@pytest.mark.filterwarnings("ignore:.* has been deprecated:DeprecationWarning")
def test_what_is_not_built_here(
    workspace: Workspace, scoring: InferenceConfig, model: Callable[[str], Model], folder: Path
) -> None:
    from azureml.core import Image, Model
    from azureml.core.image import ContainerImage
    from azureml.core.profile import ModelProfile
    from azureml.exceptions import WebserviceException

    registered = model("packaged")
    with pytest.raises(WebserviceException, match="no image is built here"):
        Model.package(workspace, [registered], scoring)
    with pytest.raises(WebserviceException, match="there is no profiler here"):
        ModelProfile(workspace, "profile")
    assert Image.list(workspace) == []
    assert workspace.images == {}
    with pytest.raises(WebserviceException, match="the deprecated way to deploy"):
        Image(workspace, id="image:1")
    Path("score.py").write_text("def init(): ...")
    with pytest.raises(WebserviceException, match="the deprecated way to deploy"):
        ContainerImage.create(
            workspace, "image", [registered], ContainerImage.image_configuration("score.py", "python")
        )


def test_profiles_are_not_started(rest: Rest) -> None:
    refused = rest("POST", "/modelmanagement/v1.0", "/profiles", json={})
    assert refused.status_code == 400
    assert "there is no profiler here: measure a deployed service" in refused.json()["error"]["message"]


def test_unsupported_filter(rest: Rest) -> None:
    refused = rest("GET", "/modelmanagement/v1.0", "/models", params={"orderBy": "1"})
    assert refused.status_code == 400
    assert "the model filter orderBy" in refused.json()["error"]["message"]


def test_models_of_a_dataset(workspace: Workspace, register: Callable[..., Model]) -> None:
    from azureml.core import Dataset, Model

    datastore = workspace.get_default_datastore()
    used, other = (Dataset.File.from_files((datastore, path), validate=False) for path in ("used", "other"))
    model = register(datasets=[("training data", used.register(workspace, "of-a-model"))])
    register(datasets=[("training data", other.register(workspace, "of-another"))])
    found = Model.list(workspace, dataset_id=Dataset.get_by_name(workspace, "of-a-model").id)
    assert [one.id for one in found] == [model.id]
    assert found[0].datasets.keys() == {"training data"}
