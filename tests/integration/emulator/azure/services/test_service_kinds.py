"""Services of every kind that the SDK deploys: on ACI, autoscaled, with tokens, open to all; and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from azureml_emulator.azure.services.routing.credentials import token_purpose
from azureml_emulator.state.credentials.tokens import Tokens
from tests.integration.emulator.client import Client, constant_load
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import AciWebservice, AksWebservice

Register = Callable[[str], "Model"]
Rest = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def one(model: Register) -> Model:
    return model("one")


@pytest.fixture(scope="module", autouse=True)
def clean(workspace: Workspace) -> Iterator[None]:
    from azureml.core import Webservice

    yield
    for service in Webservice.list(workspace):
        service.delete()


@pytest.fixture(scope="module")
def aks(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, one: Model
) -> Callable[..., AksWebservice]:
    """Deploys a service with these options of AksWebservice.deploy_configuration()."""
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice

    def deploy(name: str, **options: Any) -> AksWebservice:
        configuration = AksWebservice.deploy_configuration(**options)
        service = Model.deploy(workspace, name, [one], scoring, configuration, cluster)
        service.wait_for_deployment()
        return service

    return deploy


@pytest.fixture(scope="module")
def aci(workspace: Workspace, scoring: InferenceConfig, one: Model) -> AciWebservice:
    from azureml.core import Model
    from azureml.core.webservice import AciWebservice

    configuration = AciWebservice.deploy_configuration(
        tags={"kind": "aci"}, properties={"of": "test"}, dns_name_label="my-echo", location="westus"
    )
    service = Model.deploy(workspace, "on-aci", [one], scoring, configuration)
    service.wait_for_deployment()
    return service


def at_once(uri: str, count: int) -> list[int]:
    """Statuses of so many requests at once, which take 0.6 seconds each."""
    client, statuses = Client(uri, ""), list[int]()
    threads = [
        threading.Thread(target=lambda: statuses.append(client.post(sleep=0.6).status_code)) for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def test_aci_asks_for_no_key_and_has_no_limits(aci: AciWebservice) -> None:
    """Two requests at once to one replica, of which AKS would turn one away after half a second."""
    assert (aci.state, aci.compute_type, at_once(aci.scoring_uri, 2)) == ("Healthy", "ACI", [200, 200])
    assert aci.run("{}")["model"] == "one"
    assert "'my-echo' leads nowhere" in aci.properties["localWorkspaceDnsName"]


def test_aci_is_updated(aci: AciWebservice, scoring: InferenceConfig, model: Register) -> None:
    aci.update(auth_enabled=True, models=[model("two")], inference_config=scoring)
    aci.wait_for_deployment()
    assert requests.post(aci.scoring_uri, data=b"x", timeout=10).status_code == 401
    assert Client(aci.scoring_uri, aci.get_keys()[0]).answer()["model"] == "two"
    assert aci.run("{}")["model"] == "two"


def test_a_service_is_found_by_what_it_is(workspace: Workspace, aci: AciWebservice) -> None:
    from azureml.core import Webservice

    def found(**filters: Any) -> list[str]:
        return [service.name for service in Webservice.list(workspace, **filters)]

    assert found(compute_type="ACI") == found(model_name="echo") == found(model_id=aci.models[0].id) == ["on-aci"]
    assert found(tags=["kind"]) == found(tags=[["kind", "aci"]]) == found(properties=[["of", "test"]]) == ["on-aci"]
    assert found(compute_type="AKS") == found(tags=[["kind", "aks"]]) == found(model_name="other") == []
    with pytest.raises(Exception, match="does not have the service filter imageDigest"):
        found(image_digest="sha256:0")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"vnet_name": "net", "subnet_name": "sub"}, "virtual networks"),
        ({"cmk_vault_base_url": "https://v", "cmk_key_name": "k", "cmk_key_version": "1"}, "customer-managed keys"),
    ],
)
def test_what_aci_has_and_a_laptop_has_not(
    workspace: Workspace, scoring: InferenceConfig, one: Model, options: Any, what: str
) -> None:
    from azureml.core import Model
    from azureml.core.webservice import AciWebservice

    with pytest.raises(Exception, match=f"does not have {what}"):
        Model.deploy(workspace, "refused", [one], scoring, AciWebservice.deploy_configuration(**options))


def test_the_default_configuration_scales_with_the_requests(aks: Callable[..., AksWebservice]) -> None:
    """It asks for autoscaling from 1 to 10 replicas; two clients at 70 % are work for three."""
    service = aks("scales", max_request_wait_time=20000)
    assert (service.autoscaler.autoscale_enabled, service.num_replicas, service.auth_enabled) == (True, 1, True)
    service.update(autoscale_enabled=True, autoscale_max_replicas=2)
    service.wait_for_deployment()
    client = Client.of(service)
    with constant_load(client, clients=2, sleep=0.3) as answers:
        until(lambda: len({answer["pid"] for answer in map(_json, answers[-6:])}) == 2, "a second replica", 60)
    assert {status for status, _ in answers} == {200}
    service.update_deployment_state()
    assert (service.num_replicas, service.state) == (2, "Healthy")

    service.update(autoscale_enabled=False, num_replicas=1)
    service.wait_for_deployment()
    assert (service.autoscaler.autoscale_enabled, service.num_replicas, len(client.processes())) == (False, 1, 1)
    service.delete()


def _json(answer: tuple[int, str]) -> Any:
    import json

    return json.loads(answer[1])


def test_the_number_of_replicas_changes_without_a_restart(aks: Callable[..., AksWebservice]) -> None:
    service = aks("resized", num_replicas=1, max_request_wait_time=10000, gpu_cores=1)
    client = Client.of(service)
    first = client.processes()
    service.update(num_replicas=2)
    service.wait_for_deployment()
    both = client.processes()
    assert (len(first), len(both), first < both) == (1, 2, True)
    service.update(num_replicas=1)
    service.wait_for_deployment()
    assert len(client.processes()) == 1
    service.delete()


def test_tokens(aks: Callable[..., AksWebservice], emulator: Emulator) -> None:
    service = aks("tokens", num_replicas=1, token_auth_enabled=True, auth_enabled=False)
    token = service.get_access_token()
    assert (token.token_type, token.expiry_on > token.refresh_after) == ("Bearer", True)
    issued = Tokens(Path(emulator.folder) / "secrets.json")
    expired, other = (
        issued.issue(token_purpose({"name": "tokens"}), -1),
        issued.issue(token_purpose({"name": "other"}), 60),
    )
    statuses = [Client(service.scoring_uri, one).post().status_code for one in (token.access_token, expired, other, "")]
    assert statuses == [200, 401, 401, 401]
    assert service.run("{}")["model"] == "one"
    with pytest.raises(Exception, match="asks for tokens, not for keys"):
        service.get_keys()

    service.update(auth_enabled=True, token_auth_enabled=False)
    service.wait_for_deployment()
    keys = service.get_keys()
    assert [Client(service.scoring_uri, one).post().status_code for one in (keys[0], token.access_token)] == [200, 401]
    with pytest.raises(Exception, match="has no token authentication"):
        service.get_access_token()
    service.regen_key("Primary", "chosen")
    assert [Client(service.scoring_uri, one).post().status_code for one in ("chosen", *keys)] == [200, 401, 200]
    service.delete()


def test_without_authentication(aks: Callable[..., AksWebservice]) -> None:
    service = aks("open", num_replicas=1, auth_enabled=False)
    assert requests.post(service.scoring_uri, data=b"x", timeout=10).status_code == 200
    assert requests.get(service.swagger_uri, timeout=10).json()["swagger"] == "2.0"
    assert len(service.get_logs(num_lines=2).splitlines()) == 2
    service.update(replica_max_concurrent_requests=2, max_request_wait_time=100)
    service.wait_for_deployment()
    assert at_once(service.scoring_uri, 3) == [200, 200, 503]
    service.delete()


def test_a_service_without_a_model(workspace: Workspace, tmp_path: Path, emulator: Emulator) -> None:
    from azureml.core import Environment, Model
    from azureml.core.model import InferenceConfig

    (tmp_path / "score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return 42\n")
    configuration = InferenceConfig("score.py", environment=Environment("bare"), source_directory=str(tmp_path))
    service = Model.deploy(workspace, "no-model", [], configuration)
    service.wait_for_deployment()
    assert service.run("{}") == 42
    service.delete()
    assert [file.suffix for file in (emulator.folder / "services" / "no-model").glob("*/*")] == []


def test_an_endpoint_of_several_versions_is_refused(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, one: Model
) -> None:
    from azureml.core import Model
    from azureml.core.webservice import AksEndpoint

    configuration = AksEndpoint.deploy_configuration(version_name="first", traffic_percentile=100)
    with pytest.raises(Exception, match="does not have AksEndpoint"):
        Model.deploy(workspace, "refused", [one], scoring, configuration, cluster)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_the_sdk_has_deprecated_is_refused_with_the_reason(
    workspace: Workspace, one: Model, rest: Rest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azureml.core import Webservice
    from azureml.core.image import ContainerImage

    monkeypatch.chdir(tmp_path)
    (tmp_path / "score.py").write_text("def init(): pass\ndef run(data): return data\n")
    image = ContainerImage.image_configuration("score.py", "python")
    with pytest.raises(Exception, match="images are of the deprecated way to deploy"):
        Webservice.deploy_from_model(workspace, "refused", [one], image)
    for path in ("/images", "/packages"):
        refused = rest("POST", "/modelmanagement/v1.0", path, json={})
        assert refused.status_code == 400
        assert "Model.deploy" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"computeType": "AKS", "canary": True}, "canary of a service"),
        ({"computeType": "IOT"}, "services on IOT"),
        ({"computeType": "ACI", "aadAuthEnabled": True, "authEnabled": True}, "for keys or for tokens"),
        (
            {"computeType": "AKS", "autoScaler": {"autoscaleEnabled": True, "minReplicas": 9, "maxReplicas": 2}},
            "from 9 to 2",
        ),
        ({"computeType": "AKS", "autoScaler": {"refreshPeriodInSeconds": 0}}, "refreshPeriodInSeconds of a service is"),
        ({"computeType": "AKS", "autoScaler": {"targetUtilization": 0}}, "targetUtilization of a service is a number"),
        ({"computeType": "AKS", "livenessProbeRequirements": {"periodSeconds": 0}}, "periodSeconds of a service is a"),
        ({"computeType": "AKS", "livenessProbeRequirements": "x"}, "livenessProbeRequirements must be an object"),
    ],
)
def test_arguments_that_are_not_honoured_are_refused(rest: Rest, cluster: AksCompute, body: Any, message: str) -> None:
    image = {"environment": {"name": "e"}, "modelIds": [], "assets": []}
    document = {"name": "refused", "computeName": cluster.name, "environmentImageRequest": image} | body
    refused = rest("POST", "/modelmanagement/v1.0", "/services", json=document)
    assert refused.status_code == 400
    assert message in refused.json()["error"]["message"]
