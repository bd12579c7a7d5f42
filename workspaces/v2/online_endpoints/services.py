"""Web services of SDK v2: an online endpoint, and deployments that change places by its traffic.

Traffic and tags of an endpoint are one change: what has the traffic and what the tags say of it never disagree. What
update() leaves behind without traffic is the way back to it, until settle().
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import ResourceNotFoundError

from config.errors import DeploymentError, WorkspaceError
from workspaces.azure.errors import translates
from workspaces.azure.web_services import WebServices
from workspaces.errors import Busy, RequestError
from workspaces.services import Configuration, KeyName, OtherService, Revision, ServiceState, Staged
from workspaces.v2.connection import Connection, part
from workspaces.v2.online_endpoints.deployments import digest, sdk_deployment, wait_for
from workspaces.v2.online_endpoints.endpoints import (
    COLORS,
    HIDDEN,
    ID,
    LIVE,
    OWN,
    PREVIOUS,
    REVISION,
    SUCCEEDED,
    Endpoint,
    as_tags,
    provisioning_state,
    tag_of,
)
from workspaces.v2.online_endpoints.states import deployment_state, is_as_made, service_state, state_of, states_beside
from workspaces.v2.operations import Operation

DEPLOYMENT_HEADER = "azureml-model-deployment"
"""Of a request, the deployment that it is for whatever its traffic.
https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints"""
ENDPOINT_SECONDS = 600.0
"""For a change of an endpoint alone, or for the end of a deployment."""
KEYS = "Key"
"""The authMode of an endpoint that takes keys, as clients and the smoke test have them."""


@dataclass(frozen=True)
class Begun:
    """What was begun here, for wait()."""

    deployment: str | None
    """The one that is being made; None: there is nothing to wait for but ``operation``."""
    operation: Any = None
    """The SDK's poller of that, or the operation that moves the traffic."""
    tags: Mapping[str, str] | None = None
    """Those of the endpoint, once it has the traffic; None: it isn't to get any."""


@translates
class V2Services:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._begun: dict[str, Begun] = {}

    def find(self, name: str) -> ServiceState | None:
        endpoint = self._find(name)
        return service_state(endpoint) if endpoint and not endpoint.is_empty else None

    def on_cluster(self, cluster: str) -> list[str]:
        found = self._connection.read_all("onlineEndpoints", "Listing the online endpoints")
        end = f"/computes/{cluster}".lower()
        return [one["name"] for one in found if str(one["properties"].get("compute")).lower().endswith(end)]

    def of_other_sdk(self) -> list[OtherService]:
        return WebServices(self._connection.models, self._connection.arm, self._connection.scope).all()

    def stage(self, name: str, cluster: str, revision: Revision, wanted: Configuration) -> None:
        endpoint = self._find(name) or self._make(name, cluster, wanted)
        self._begun[name] = Begun(*self._deploy(endpoint, revision, wanted))

    def staged(self, name: str) -> Staged | None:
        endpoint = self._find(name)
        if endpoint is None or not endpoint.candidates:
            return None
        color, found = next(iter(endpoint.candidates.items()))
        state = deployment_state(endpoint, found, state_of(found), found.get("tags") or {})
        return Staged(state, name, {DEPLOYMENT_HEADER: color})

    def beside(self, name: str) -> dict[str, ServiceState]:
        endpoint = self._find(name)
        return states_beside(endpoint) if endpoint else {}

    def unstage(self, name: str, run_id: str | None = None) -> None:
        endpoint = self._find(name)
        candidates = endpoint.candidates if endpoint else {}
        going = [color for color, one in candidates.items() if run_id in (None, tag_of(one, "run_id"))]
        if endpoint and going:
            _check_idle(endpoint)
        # REST removes nothing on the condition that it is still what was read: between the two lies one request.
        for color in going:
            self._end(name, color)
        left = (
            self._find(name) if going or run_id is None else None
        )  # else whoever took over may be about to stage there
        if left and left.is_for_candidates and not left.candidates:
            self.delete(name)

    def create(self, name: str, cluster: str, revision: Revision, wanted: Configuration) -> None:
        endpoint = self._find(name)
        if endpoint is None:
            endpoint = self._make(name, cluster, wanted)
        elif endpoint.live:
            raise RequestError(f"there is an online endpoint {name} already, which serves")
        self._bring(endpoint, revision, wanted)

    def update(self, name: str, revision: Revision, wanted: Configuration) -> None:
        self._bring(self._get(name), revision, wanted)

    def set_tags(self, name: str, tags: Mapping[str, str]) -> None:
        endpoint = self._get(name)
        _check_idle(endpoint)
        given = {**endpoint.kept_tags, **as_tags(tags)}
        _check(name, self._write(endpoint, endpoint.traffic, given).wait(ENDPOINT_SECONDS))

    def wait(self, name: str, seconds: float) -> str:
        if name not in self._begun:
            raise WorkspaceError(f"no operation on the service {name} was begun here, so none can be waited for")
        begun, deadline = self._begun[name], time.monotonic() + seconds
        if begun.deployment is None:
            return str(begun.operation.wait(seconds)) if begun.operation else ""
        said = wait_for(self._connection, name, begun.deployment, begun.operation, deadline)
        if said or begun.tags is None:
            return said
        moved = self._move(self._get(name), begun.deployment, begun.tags)
        return moved.wait(max(deadline - time.monotonic(), ENDPOINT_SECONDS))

    def kept_gpus(self, state: ServiceState, wanted: Configuration) -> int:
        return 0  # what an update makes is new

    def settle(self, name: str) -> None:
        endpoint = self._get(name)
        if endpoint.beside:
            _check_idle(endpoint)
        for color in endpoint.beside if endpoint.live else ():
            self._end(name, color)

    def log(self, name: str, lines: int) -> str:
        endpoint, begun = self._get(name), self._begun.get(name)
        shown = endpoint.served_last or next(iter(endpoint.deployments.values()), None)
        if begun and begun.deployment in endpoint.deployments:
            shown = endpoint.deployments[str(begun.deployment)]
        if shown is None:
            raise RequestError(f"service {name} has no deployment, so no log")
        said = self._connection.ml.online_deployments.get_logs(shown["name"], name, lines)
        return "\n".join(str(said).splitlines()[-lines:])

    def keys(self, name: str) -> tuple[str, str]:
        self._get(name)
        found = self._connection.ml.online_endpoints.get_keys(name)
        primary, secondary = (getattr(found, f"{which}_key", None) for which in ("primary", "secondary"))
        if not primary or not secondary:
            raise RequestError(f"service {name} has no keys: it asks for tokens")
        return str(primary), str(secondary)

    def regenerate_key(self, name: str, key: KeyName) -> None:
        self._get(name)
        path = f"onlineEndpoints/{part(name)}/regenerateKeys"
        _check(name, self._connection.change("POST", path, {"keyType": key.capitalize()}).wait(ENDPOINT_SECONDS))

    def delete(self, name: str) -> None:
        endpoint = self._find(name)
        if endpoint is None:
            return
        _check_idle(endpoint)
        if OWN in endpoint.tags:
            _check(name, self._connection.change("DELETE", f"onlineEndpoints/{part(name)}").wait(ENDPOINT_SECONDS))
            return
        if endpoint.deployments and not endpoint.own:
            raise RequestError(f"all deployments of the online endpoint {name} are somebody else's, so none is deleted")
        others = {color: share for color, share in endpoint.traffic.items() if color not in endpoint.own}
        tags = {key: value for key, value in endpoint.kept_tags.items() if key not in HIDDEN}
        _check(name, self._write(endpoint, others, tags).wait(ENDPOINT_SECONDS))
        for color in endpoint.own:
            self._end(name, color)

    def _bring(self, endpoint: Endpoint, revision: Revision, wanted: Configuration) -> None:
        """Let the endpoint's traffic reach ``revision``: by a deployment that is there, or else by a new one."""
        _check_idle(endpoint)
        there = _made_of(endpoint, revision, wanted)
        if there:
            self._begun[endpoint.name] = Begun(None, self._move(endpoint, there, revision.tags))
        else:
            self._begun[endpoint.name] = Begun(*self._deploy(endpoint, revision, wanted), tags=revision.tags)

    def _move(self, endpoint: Endpoint, color: str, tags: Mapping[str, str]) -> Operation:
        before, kept = endpoint.served_last, endpoint.kept_tags
        if before and before["name"] != color:
            kept.pop(PREVIOUS, None)
            if identifier := tag_of(before, ID):
                kept[PREVIOUS] = identifier
        if identifier := tag_of(endpoint.deployments.get(color, {}), ID):
            kept[LIVE] = identifier
        return self._write(endpoint, {color: 100}, {**kept, **as_tags(tags)})

    def _write(self, endpoint: Endpoint, traffic: Mapping[str, int], tags: Mapping[str, str]) -> Operation:
        body = endpoint.changed(traffic=traffic, tags=tags)
        return self._connection.change("PUT", f"onlineEndpoints/{part(endpoint.name)}", body)

    def _make(self, name: str, cluster: str, wanted: Configuration) -> Endpoint:
        compute = {} if wanted.instance_type else {"compute": f"{self._connection.scope}/computes/{cluster}"}
        body = {
            "location": self._connection.location,
            "tags": {OWN: "yes"},
            "properties": {"authMode": KEYS, "traffic": {}, **compute},
        }
        _check(name, self._connection.change("PUT", f"onlineEndpoints/{part(name)}", body).wait(ENDPOINT_SECONDS))
        return self._get(name)

    def _deploy(self, endpoint: Endpoint, revision: Revision, wanted: Configuration) -> tuple[str, Any]:
        """Ask for a new deployment without traffic; its name, and what may be waited for."""
        _check_idle(endpoint)
        if (mode := endpoint.properties.get("authMode")) != KEYS:
            raise RequestError(f"the online endpoint {endpoint.name} has the authMode {mode}, and has to take keys")
        color = endpoint.free_color()
        if not color:
            raise RequestError(
                f"both deployments of the service {endpoint.name}, {' and '.join(COLORS)}, have traffic, or are "
                "somebody else's: give one all of the traffic, or delete what isn't needed"
            )
        deployment = sdk_deployment(endpoint.name, color, revision, wanted)
        if color in endpoint.deployments:
            self._end(endpoint.name, color)
        return color, self._connection.ml.online_deployments.begin_create_or_update(
            deployment, skip_script_validation=True
        )

    def _end(self, name: str, color: str) -> None:
        path = f"onlineEndpoints/{part(name)}/deployments/{part(color)}"
        _check(name, self._connection.change("DELETE", path).wait(ENDPOINT_SECONDS))

    def _find(self, name: str) -> Endpoint | None:
        path, what = f"onlineEndpoints/{part(name)}", f"Reading the service {name}"
        try:
            document = self._connection.read(path, what)
            deployments = self._connection.read_all(f"{path}/deployments", what)
        except ResourceNotFoundError:
            return None
        return Endpoint(document, {one["name"]: one for one in deployments})

    def _get(self, name: str) -> Endpoint:
        endpoint = self._find(name)
        if endpoint is None:
            raise DeploymentError(f"there is no service {name} any more")
        return endpoint


def _made_of(endpoint: Endpoint, revision: Revision, wanted: Configuration) -> str | None:
    """The deployment that is this revision already, and up."""
    live, made = endpoint.live, digest(revision, wanted)
    able = {**({live["name"]: live} if live else {}), **endpoint.beside}
    return next(
        (
            name
            for name, one in able.items()
            if tag_of(one, REVISION) == made
            and provisioning_state(one) == SUCCEEDED
            and is_as_made(one, revision, wanted)
        ),
        None,
    )


def _check_idle(endpoint: Endpoint) -> None:
    """Azure ML itself takes some changes while another is under way, and they overtake each other."""
    if going := endpoint.in_transit:
        raise Busy(f"service {endpoint.name} is {going}: an operation on it is under way")


def _check(name: str, said: str) -> None:
    if said:
        raise RequestError(f"service {name}: {said}")
