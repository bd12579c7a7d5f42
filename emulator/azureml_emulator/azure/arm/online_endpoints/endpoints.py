"""An online endpoint as a document: its resource, and what the router reads of it."""

from azureml_emulator.azure.arm.online_endpoints.shapes import Endpoint, EndpointProperties
from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.arm.strictness import refuse_unknown
from azureml_emulator.azure.computes.targets import with_principal
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.credentials.tokens import service_key
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LOCATION, LocalWorkspace
from azureml_emulator.wire import Document

KIND = "online endpoint"
"""In the store, by name."""
_AUTH = {"key": "Key", "amltoken": "AMLToken", "aadtoken": "AADToken"}
_COMPUTED = ("scoringUri", "swaggerUri", "provisioningState", "endpoint")
"""Nothing of what clients send with these keys is kept; the last is the name, which SDK v2 sends with some updates."""
_ALL = 100


def path_of(name: str) -> str:
    """Of the resource, below the workspace."""
    return f"onlineEndpoints/{name}"


def new_endpoint(workspace: LocalWorkspace, name: str, body: Document, known: Document | None) -> Document:
    """The endpoint after a PUT: all of it is new but its keys. Raises BadRequest, NotFound or NotSupported."""
    refuse_unknown(body, Endpoint.__annotations__, "an online endpoint")
    given = body["properties"]
    refuse_unknown(given, (*EndpointProperties.__annotations__, *_COMPUTED), "an online endpoint")
    _refuse_networks(given)
    auth, compute = _auth_mode(given["authMode"]), _compute(workspace, given.get("compute"))
    if known and known["computeName"] != compute:
        raise BadRequest(f"the compute of endpoint '{name}' cannot change: delete it, or make another")
    traffic = given.get("traffic") or {}
    check_traffic(workspace.store, name, traffic)
    hidden = ("keys", "mirrorTraffic", *_COMPUTED)
    properties = {key: value for key, value in given.items() if key not in hidden and value is not None}
    properties |= {"authMode": auth, "traffic": traffic, "properties": given.get("properties") or {}}
    properties |= {"mirrorTraffic": {}, "publicNetworkAccess": "Enabled"}
    made = resource(workspace, path_of(name), properties, (known or {}).get("resource"))
    made |= {"location": body.get("location") or LOCATION, "tags": body.get("tags") or {}}
    if identity := body.get("identity"):
        made["identity"] = with_principal(f"endpoint {name}", identity)
    return {
        "name": name,
        "computeType": "Kubernetes" if compute else "Managed",
        "computeName": compute,
        "traffic": traffic,
        "authEnabled": auth == "Key",
        "aadAuthEnabled": auth == "AMLToken",
        "identityAuthEnabled": auth == "AADToken",
        "_keys": _keys(given.get("keys") or {}, (known or {}).get("_keys") or {}),
        "resource": made | {"kind": "Kubernetes" if compute else "Managed"},
    }


def view(workspace: LocalWorkspace, endpoint: Document) -> Document:
    """The resource with today's address."""
    made: Document = endpoint["resource"]
    base = f"{workspace.address.http}/api/v1/endpoint/{endpoint['name']}"
    computed = {"scoringUri": f"{base}/score", "swaggerUri": f"{base}/swagger.json", "provisioningState": "Succeeded"}
    return made | {"properties": made["properties"] | computed}


def check_traffic(store: Store, endpoint: str, traffic: Document) -> None:
    """Raises BadRequest for shares of what isn't there, and for those that are neither nothing nor all of it."""
    for name in traffic:
        if store.find("service", f"{endpoint}/{name}") is None:
            raise BadRequest(f"traffic: endpoint '{endpoint}' has no deployment {shortened(name)}")
    if (total := sum(traffic.values())) not in (0, _ALL):
        raise BadRequest(f"traffic adds up to {total}: it must be 0 or {_ALL} percent")


def _refuse_networks(given: Document) -> None:
    if any((given.get("mirrorTraffic") or {}).values()):
        raise NotSupported("mirrorTraffic: requests go to one deployment; send them to both to compare")
    if (access := given.get("publicNetworkAccess")) not in (None, "Enabled"):
        raise NotSupported(f"publicNetworkAccess {shortened(access)}: an endpoint is on loopback")


def _auth_mode(text: str) -> str:
    """As Azure spells it. SDK v2 sends it in small letters, too."""
    if (mode := _AUTH.get(text.replace("_", "").lower())) is None:
        raise BadRequest(f"authMode must be one of {', '.join(_AUTH.values())}, not {shortened(text)}")
    return mode


def _compute(workspace: LocalWorkspace, reference: str | None) -> str | None:
    """The name of a Kubernetes cluster; None for a managed endpoint. Raises NotFound or BadRequest."""
    if not reference:
        return None
    start, _, name = reference.removeprefix("azureml:").rpartition("/")
    if start and start.lower() != f"{workspace.scope}/computes".lower():
        raise BadRequest(f"compute {shortened(reference)} is not one of this workspace")
    kind = workspace.store.get("compute", name)["properties"]["computeType"]
    if kind != "Kubernetes":
        raise BadRequest(
            f"compute '{name}' is {kind}: an online endpoint is on a Kubernetes compute, or managed (without compute)"
        )
    return name


def _keys(given: Document, known: Document) -> Document:
    return {key: given.get(key) or known.get(key) or service_key() for key in ("primaryKey", "secondaryKey")}
