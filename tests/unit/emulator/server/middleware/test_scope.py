import pytest

from azureml_emulator.errors import Forbidden
from azureml_emulator.server.middleware.scope import local_path

SCOPE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/local"
    "/providers/Microsoft.MachineLearningServices/workspaces/local"
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (SCOPE, "/arm"),
        (SCOPE + "/computes/gpu", "/arm/computes/gpu"),
        ("/history/v1.0" + SCOPE + "/runs/r", "/history/v1.0/runs/r"),
        ("//history//v1.0" + SCOPE.replace("resourceGroups", "resourcegroups") + "/runs/", "/history/v1.0/runs"),
        ("/rp/workspaces" + SCOPE.upper() + "/computes", "/rp/workspaces/computes"),
        ("/health", "/health"),
        ("/", "/"),
        ("", "/"),
    ],
)
def test_local_path(path: str, expected: str) -> None:
    assert local_path(path) == expected


def test_the_id_of_a_cluster_in_any_case() -> None:
    """`az aks show` has resourcegroups."""
    known = "/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerService/managedClusters/N"
    path = "/subscriptions/S/resourcegroups/G/providers/microsoft.containerservice/managedclusters/N"
    assert [local_path(known), local_path(path)] == [known, known]


@pytest.mark.parametrize(
    "path",
    [
        SCOPE.replace("workspaces/local", "workspaces/production"),
        SCOPE.replace("resourceGroups/local", "resourceGroups/other") + "/computes",
        "/history/v1.0" + SCOPE.replace("000000000001", "000000000002"),
    ],
)
def test_scope_of_another_workspace(path: str) -> None:
    with pytest.raises(Forbidden, match="does not exist: the local workspace is 'local' in 'local' of '00000000"):
        local_path(path)
