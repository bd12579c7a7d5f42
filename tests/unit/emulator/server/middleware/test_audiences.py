"""Which token reaches which path."""

import pytest

from azureml_emulator.errors import Unauthorized
from azureml_emulator.server.middleware.audiences import ARM, check_audience
from azureml_emulator.state.credentials.tokens import RUN_AUDIENCE, Bearer
from tests.integration.emulator.coverage.page import operations

OWN = "https://127.0.0.1:8443"
EXEMPT = ("/msi/", "/containers/", "/api/", "/discovery", "/health")
OF_ARM = ("/arm", "/subscriptions", "/rp/", "/own/")
UNPROVEN = tuple(
    f"/modelmanagement/v1.0/{name}" for name in ("services", "operations", "images", "packages", "profiles")
)


def takes(path: str, audience: str) -> bool:
    try:
        check_audience(path, Bearer("me", audience), OWN)
    except Unauthorized:
        return False
    return True


@pytest.mark.parametrize("path", sorted({one.path for one in operations() if not one.path.startswith(EXEMPT)}))
def test_each_path(path: str) -> None:
    of_arm = path.startswith(OF_ARM)
    assert all(takes(path, audience) for audience in (OWN, *ARM))
    assert takes(path, "https://ml.azure.com") == (not of_arm)
    assert takes(path, RUN_AUDIENCE) == (not path.startswith((*OF_ARM, *UNPROVEN)))
    assert not takes(path, "https://storage.azure.com")


@pytest.mark.parametrize("audience", ["", "local", "https://graph.windows.net", f"{OWN}.example", "https://ml.azur"])
def test_other_audiences_reach_nothing(audience: str) -> None:
    assert not takes("/history/v1.0/runs/r", audience)
    assert not takes("/arm", audience)


def test_what_is_said() -> None:
    with pytest.raises(
        Unauthorized, match=r"wrong audience or resource 'https://x'.*'https://127\.0\.0\.1:8443'"
    ) as wrong:
        check_audience("/history/v1.0/runs/r", Bearer("me", "https://x"), OWN)
    assert wrong.value.code == "InvalidAuthenticationTokenAudience"
    services = "/modelmanagement/v1.0/services"
    for path, said in (("/rp/workspaces/computes/aks", "Resource Manager"), (services, "no record")):
        with pytest.raises(Unauthorized, match=f"{said}.*DefaultAzureCredential"):
            check_audience(path, Bearer("run:1", RUN_AUDIENCE), OWN)
