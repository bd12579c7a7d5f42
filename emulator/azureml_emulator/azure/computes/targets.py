"""Compute targets as documents: what may be asked of one, and what it then looks like."""

import re
import uuid

from azureml_emulator.azure.computes.gpus import is_elsewhere
from azureml_emulator.azure.computes.managed_clusters import cluster_id, find_pool
from azureml_emulator.azure.computes.sizes import check_size
from azureml_emulator.errors import BadRequest, Conflict, NotSupported
from azureml_emulator.server.requests.body import a_text
from azureml_emulator.state.credentials.tokens import TENANT_ID
from azureml_emulator.state.workspace import LOCATION, LocalWorkspace
from azureml_emulator.wire import Document, now, without_internal

_NODE_STATES = ("idle", "leaving", "preempted", "preparing", "running", "unusable")
_SECRETS = frozenset(["adminUserPassword", "adminUserSshPublicKey"])
UNCOUNTED = {"localWorkspaceGpus": "not counted"}
"""Tag of a cluster whose services are refused for no lack of GPUs."""
_ATTACHED = {
    "localWorkspaceCluster": "attached by its name only: nothing was looked up there, its services run on this machine"
}
"""Tag of a cluster that is elsewhere."""
_GROUP = r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\."
_AKS_ID = _GROUP + "ContainerService/managedClusters/[^/]+"
_ARC_ID = _GROUP + "Kubernetes/connectedClusters/[^/]+"
_ATTACHABLE = {
    "AKS": re.compile(_AKS_ID, re.IGNORECASE),
    "Kubernetes": re.compile(f"{_AKS_ID}|{_ARC_ID}", re.IGNORECASE),
}
_INSTEAD = "runs go to AmlCompute, services to AKS, deployments to Kubernetes"
_WHY_NOT = {"ComputeInstance": "nobody works on a machine of the local workspace's: use this one"}
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_OF_KUBERNETES = (
    *("relayConnectionString", "serviceBusConnectionString", "extensionPrincipalId", "extensionInstanceReleaseTrain"),
    *("vcName", "namespace", "defaultInstanceType", "instanceTypes"),
)
_SSL = ("cert", "key", "cname", "leafDomainLabel", "overwriteExistingDomain")
_NETWORKS = ("subnet", "aksNetworkingConfiguration", "loadBalancerSubnet", "sslConfiguration")


def new_target(workspace: LocalWorkspace, name: str, body: Document) -> Document:
    """Raises BadRequest, NotSupported with what is not honoured, or Conflict for a name of another kind of target."""
    asked = body["properties"]
    makers = {"AKS": _aks, "AmlCompute": _aml_compute, "Kubernetes": _kubernetes}
    kind = asked["computeType"]
    if kind not in makers:
        raise NotSupported(f"the compute type {kind}: {_WHY_NOT.get(kind, _INSTEAD)}")
    known = workspace.store.find("compute", name)
    if known and known["properties"]["computeType"] != kind:
        raise Conflict(f"compute '{name}' exists and is {known['properties']['computeType']}, not {kind}")
    details = makers[kind](name)
    attached = _attached_id(name, kind, known, asked.get("resourceId"))
    pool = (find_pool(workspace.store, attached) or {}) if attached else {}
    if known and asked.get("resourceId"):  # AksCompute.update, or attached once more
        details |= known["properties"]["properties"]
    elif attached and kind == "AKS":
        details |= {"agentVmSize": pool.get("vmSize"), "agentCount": pool.get("count")}
    scale = details.get("scaleSettings") or {}
    details |= _accepted(asked.get("properties") or {})
    if kind == "AmlCompute":
        details["scaleSettings"] = _scaled(scale, details["scaleSettings"])
        count_nodes(details)
    if kind == "Kubernetes":
        types = details["instanceTypes"] or {}
        details["instanceTypes"] = {one: {"nodeSelector": None} | known for one, known in types.items()} or None
    properties = {
        "computeType": kind,
        "computeLocation": asked.get("computeLocation") or LOCATION,
        "description": asked.get("description"),
        "createdOn": now(),
        "modifiedOn": now(),
        "provisioningState": "Succeeded",
        "provisioningErrors": None,
        "isAttachedCompute": attached is not None,
        # A cluster for runs is no resource of its own.
        "resourceId": attached or (cluster_id(name) if kind == "AKS" else None),
        "properties": details,
        **({"disableLocalAuth": None} if kind == "Kubernetes" else {}),
    }
    target = {
        "id": f"{workspace.scope}/computes/{name}",
        "name": name,
        "location": LOCATION,
        "sku": None,
        "tags": body.get("tags"),
        "type": "Microsoft.MachineLearningServices/workspaces/computes",
        "properties": properties,
        "_pool": {"vmSize": pool.get("vmSize"), "count": pool.get("count")} if kind == "Kubernetes" else None,
    }
    # The SDK wants the key absent rather than null.
    return target | ({"identity": with_principal(name, body["identity"])} if body.get("identity") else {})


def _attached_id(name: str, kind: str, known: Document | None, sent: object) -> str | None:
    """The id of a cluster that is attached; None for one that Azure ML makes. Raises BadRequest or Conflict."""
    if not sent:
        if kind == "Kubernetes":
            raise BadRequest(f"compute '{name}' of type Kubernetes needs the resourceId of the cluster to attach")
        return None
    resource_id = a_text(sent, "resourceId")
    if not (pattern := _ATTACHABLE.get(kind)) or not pattern.fullmatch(resource_id):
        raise BadRequest(f"the resource id '{resource_id}' is not that of an AKS cluster")
    if known is None:
        return resource_id
    properties = known["properties"]
    if properties["resourceId"].lower() != resource_id.lower():
        raise Conflict(f"compute '{name}' exists, and is another cluster: {properties['resourceId']}")
    return resource_id if properties["isAttachedCompute"] else None


def view(workspace: LocalWorkspace, target: Document) -> Document:
    """The target as it is answered: a cluster says whether its GPUs are counted, and that it is a name only."""
    if target["properties"]["computeType"] == "AmlCompute":
        return without_internal(target)
    elsewhere = is_elsewhere(target)
    notes = (UNCOUNTED if elsewhere or not workspace.enforce_capacity else {}) | (_ATTACHED if elsewhere else {})
    tags = target["tags"] | notes if target["tags"] else notes or target["tags"]
    return without_internal(target) | {"tags": tags}


def change_target(target: Document, body: Document) -> Document:
    """Other numbers of nodes for AmlCompute, or another identity. Raises NotSupported for all else."""
    properties = target["properties"]
    asked = (body.get("properties") or {}).get("properties") or {}
    if other := set(asked) - ({"scaleSettings"} if properties["computeType"] == "AmlCompute" else set()):
        raise NotSupported(f"changing the {', '.join(sorted(other))} of {properties['computeType']} '{target['name']}'")
    if asked:
        scale = properties["properties"]["scaleSettings"]
        properties["properties"]["scaleSettings"] = _scaled(scale, asked["scaleSettings"] or {})
        count_nodes(properties["properties"])
    if body.get("identity"):
        target["identity"] = with_principal(
            target["name"], body["identity"]
        )  # {"type": "None"} for none: the SDK reads it
    properties["modifiedOn"] = now()
    return target


def has_identity(target: Document) -> bool:
    return (target.get("identity") or {}).get("type") not in (None, "None")


def client_id(target: Document) -> str | None:
    """Of the user-assigned identity that runs sign in as, the first of several; None without one."""
    users = (target.get("identity") or {}).get("userAssignedIdentities")
    return str(_principal_of(min(users))["clientId"]) if users else None


def with_principal(name: str, asked: Document) -> Document:
    """With the principal that Azure makes for a compute; it is the same whenever the compute of that name has one."""
    has_own = "SystemAssigned" in str(asked.get("type"))
    principal = str(uuid.uuid5(uuid.NAMESPACE_URL, name)) if has_own else None
    tenant = TENANT_ID if has_own else None
    users = {identity: _principal_of(identity) for identity in asked.get("userAssignedIdentities") or {}}
    return asked | {"principalId": principal, "tenantId": tenant, "userAssignedIdentities": users or None}


def _principal_of(identity: str) -> Document:
    """Of a user-assigned identity, which may be anywhere: made up of its id."""
    made_up = {key: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key} of {identity}")) for key in ("clientId", "principalId")}
    return made_up | {"tenantId": TENANT_ID}


def count_nodes(details: Document) -> None:
    """The cluster has as many nodes as it must have. Raises BadRequest for a minimum above the maximum."""
    scale = details["scaleSettings"]
    nodes, most = int(scale["minNodeCount"]), int(scale["maxNodeCount"])
    if not 0 <= nodes <= most:
        raise BadRequest(f"minNodeCount {nodes} is not between 0 and maxNodeCount {most}")
    details |= {"currentNodeCount": nodes, "targetNodeCount": nodes}
    details["nodeStateCounts"] = {f"{state}NodeCount": 0 for state in _NODE_STATES} | {"idleNodeCount": nodes}


def _scaled(before: Document, asked: Document) -> Document:
    return before | {key: value for key, value in asked.items() if value is not None}


def _accepted(details: Document) -> Document:
    given = {key: value for key, value in details.items() if value is not None}
    refused = [key for key in _NETWORKS if given.get(key)]
    if given.get("loadBalancerType", "PublicIp") != "PublicIp":
        refused.append("loadBalancerType")
    if refused:
        raise NotSupported(f"the {', '.join(refused)} of a compute target: everything is on loopback, in plain HTTP")
    if not _NAMESPACE.fullmatch(namespace := given.get("namespace", "default")):
        raise BadRequest(f"'{namespace}' is no namespace of Kubernetes: 1 to 63 small letters, digits and '-'")
    check_size(given.get("vmSize") or given.get("agentVmSize") or "")
    if account := given.get("userAccountCredentials"):  # nobody logs in to a node: no secret of it is kept
        given["userAccountCredentials"] = {key: value for key, value in account.items() if key not in _SECRETS}
    return given


def _aks(name: str) -> Document:
    front_end = {"systemServiceType": "ScoringFrontEnd", "version": "2.0", "publicIpAddress": "127.0.0.1"}
    return {
        "agentVmSize": "Standard_D3_v2",
        "agentCount": 3,
        "clusterPurpose": "FastProd",
        "clusterFqdn": f"{name}.local",
        "systemServices": [front_end],
        "sslConfiguration": {"status": "Disabled"} | dict.fromkeys(_SSL),
        "aksNetworkingConfiguration": None,
        "loadBalancerType": "PublicIp",
        "loadBalancerSubnet": None,
    }


def _kubernetes(_name: str) -> Document:
    """A cluster that SDK v2 attached by its id."""
    return dict.fromkeys(_OF_KUBERNETES) | {"namespace": "default"}


def _aml_compute(_name: str) -> Document:
    return {
        "vmSize": None,
        "vmPriority": "Dedicated",
        "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT120S"},
        "subnet": None,
        "userAccountCredentials": {"adminUserName": "azureuser"},
        "allocationState": "Steady",
        "allocationStateTransitionTime": now(),
        "errors": None,
        "remoteLoginPortPublicAccess": "Disabled",
        "osType": "Linux",
        "virtualMachineImage": None,
        "isolatedNetwork": None,
        "enableNodePublicIp": True,
    }
