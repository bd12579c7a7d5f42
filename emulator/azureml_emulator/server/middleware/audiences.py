"""Which resource a token must be for to reach a service: Azure Resource Manager's, Azure ML's, or a run's own."""

from azureml_emulator.errors import Unauthorized
from azureml_emulator.state.credentials.tokens import RUN_AUDIENCE, Bearer

ARM = ("https://management.core.windows.net", "https://management.azure.com")
"""Of the public cloud, which clients may name themselves; the local cloud's is the address of its own."""
_AML = "https://ml.azure."
"""What follows is the cloud's: azureml/core/authentication.py, _get_aml_resource_id()."""
_WORKSPACE = (
    *("artifact", "batch", "content", "credential", "data", "dataset", "datastore", "environment", "execution"),
    *("history", "metric", "mferp", "mlflow", "modelmanagement", "modelregistry", "pipelines"),
)
"""Services of the workspace: they take either token. All other paths are Azure Resource Manager's.

A run's own reaches them, too. Pipelines: the SDK asks them for `run.parent`, which steps of Microsoft's samples use
(microsoft/MLOpsPython, evaluate_model.py)."""
_MODELS = ("models", "assets")
"""What a run's token reaches of model management: of web services on AKS, no record shows that Azure takes it."""


def check_audience(path: str, bearer: Bearer, own: str) -> None:
    """Raises Unauthorized for a token that this path doesn't take. `own` is the audience of the local cloud."""
    service, *rest = path.strip("/").split("/")
    if bearer.audience == RUN_AUDIENCE:
        _check_run(path, service, rest[1:2])
        return
    if bearer.audience in (own, *ARM):
        return
    if service in _WORKSPACE and bearer.audience.startswith(_AML):
        return
    allowed = ", ".join(f"'{one}'" for one in (own, *ARM))
    raise Unauthorized(
        f"The access token has been obtained for wrong audience or resource '{bearer.audience}'. It should exactly "
        f"match with one of the allowed audiences {allowed}.",
        code="InvalidAuthenticationTokenAudience",
    )


def _check_run(path: str, service: str, kind: list[str]) -> None:
    """As recorded where a run's token was sent to Azure Resource Manager: MicrosoftDocs/azure-docs#20351."""
    instead = "sign in as the identity of the compute (azure-identity's DefaultAzureCredential, or MsiAuthentication)"
    if service not in _WORKSPACE:
        raise Unauthorized(
            f"Could not find identity for access token. The token of a run doesn't reach Azure Resource Manager, "
            f"which computes belong to ({path}): {instead}",
            code="InvalidAuthenticationToken",
        )
    if service == "modelmanagement" and not set(kind) & set(_MODELS):
        raise Unauthorized(f"no record shows that Azure takes the token of a run for {path}: {instead}")
