"""What the check of the local workspace's answers finds in one that is not as Azure's."""

import copy
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from azureml_emulator.state.disk.files import LOG
from tests.conformance.allowed import ALL, allowed
from tests.conformance.answers import check_answers
from tests.conformance.checking import check, keys_of
from tests.conformance.reporting import Conformance
from tests.conformance.schemas import schemas

OPERATION = "GET /modelmanagement/v1.0/services/{service}"
SERVICE: dict[str, Any] = {
    "computeType": "AKS",
    "state": "Healthy",
    "numReplicas": 2,
    "createdTime": "2026-11-27T08:00:00Z",
}


def found(**changed: object) -> set[str]:
    answer = {key: value for key, value in (SERVICE | changed).items() if value != ...}
    return {str(finding) for finding in check(answer, schemas()[OPERATION]) if finding.kind != "absent"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, set()),
        ({"state": "Unschedulable"}, set()),
        ({"numReplicas": "2"}, {"type: AKSServiceResponse.numReplicas is no int: '2'"}),
        ({"numReplicas": True}, {"type: AKSServiceResponse.numReplicas is no int: True"}),
        ({"state": "Sleeping"}, {"enum: AKSServiceResponse.state 'Sleeping' is none of WebServiceState"}),
        ({"createdTime": "yesterday"}, {"date: AKSServiceResponse.createdTime is no iso-8601: 'yesterday'"}),
        ({"computeType": None}, {"required: ServiceResponseBase.computeType"}),
        ({"replicas": 2}, {"unknown: AKSServiceResponse.replicas"}),
        ({"deploymentStatus": {"replicas": 2}}, {"unknown: AKSReplicaStatus.replicas"}),
        ({"models": {}}, {"type: AKSServiceResponse.models is no list: {}"}),
        ({"models": [{"id": 1}]}, {"required: Model.name", "required: Model.url", "required: Model.mimeType"}),
    ],
)
def test_a_service(changed: dict[str, object], said: set[str]) -> None:
    assert said <= found(**changed)
    assert bool(found(**changed)) == bool(said)


def test_a_key_that_is_not_there_is_found() -> None:
    answer = SERVICE | {"deploymentStatus": {"availableReplicas": 1}}
    absent = {finding.key for finding in check(answer, schemas()[OPERATION]) if finding.model == "AKSReplicaStatus"}
    assert absent == {"desiredReplicas", "updatedReplicas", "error"}


COMPUTE: dict[str, Any] = {
    "id": "/c",
    "name": "c",
    "systemData": {"createdAt": "2026-11-27T08:00:00Z", "createdByType": "User"},
    "properties": {"computeType": "Kubernetes", "provisioningState": "Succeeded", "properties": {"namespace": "n"}},
}


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        ("name", "c", set()),
        ("name", 5, {"type: ComputeResource.name is no str: 5"}),
        ("color", "red", {"unknown: ComputeResource.color"}),
        ("systemData.createdAt", "yesterday", {"date: SystemData.createdAt is no iso-8601: 'yesterday'"}),
        (
            "properties.provisioningState",
            "Tired",
            {"enum: Kubernetes.provisioningState 'Tired' is none of ProvisioningState"},
        ),
        ("properties.properties.agentCount", 3, {"unknown: KubernetesProperties.agentCount"}),
        ("properties.computeType", None, {"required: Compute.computeType", "unknown: Compute.properties"}),
        ("properties.isAttachedCompute", "yes", {"type: Kubernetes.isAttachedCompute is no bool: 'yes'"}),
    ],
)
def test_a_compute_of_sdk_v2(at: str, value: object, said: set[str]) -> None:
    answer = copy.deepcopy(COMPUTE)
    *above, last = at.split(".")
    reduce(lambda held, key: held[key], above, answer)[last] = value
    one, several = schemas()["GET /arm/computes/{name}"], schemas()["GET /arm/computes"]
    assert {str(finding) for finding in check(answer, one)} == said
    assert {str(finding) for finding in check({"value": [answer]}, several)} == said


def test_a_page_of_sdk_v2_is_an_object_with_a_list() -> None:
    (found,) = check([COMPUTE], schemas()["GET /arm/computes"])
    assert "is no page" in str(found)


def test_most_operations_have_a_schema() -> None:
    assert len(schemas()) > 100


def test_what_is_allowed_is_of_models_that_there_are() -> None:
    """A key that a model has can only be absent or null, one that it hasn't can only be unknown."""
    packages = {schema.models for schema in schemas().values()}
    for kind, model, key in allowed():
        models = [vars(package)[model] for package in packages if model in vars(package)]
        assert models, model
        assert key == ALL or any(
            (key in {".".join(one.path) for one in keys_of(found)}) == (kind != "unknown") for found in models
        )


def test_an_empty_folder_has_nothing_to_check(tmp_path: Path) -> None:
    assert check_answers(tmp_path).violations == []
    Conformance().check(tmp_path)


def test_a_workspace_that_ran_and_kept_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / LOG).touch()
    with pytest.raises(AssertionError, match="kept no answers"):
        Conformance().check(tmp_path)
