"""Online endpoints: what may be said of one, its keys and tokens, and what it answers without any deployment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import ManagedOnlineEndpoint

Put = Callable[..., requests.Response]
PROPERTIES = {"authMode": "Key"}


@pytest.fixture(scope="module")
def endpoint(client: MLClient) -> Iterator[ManagedOnlineEndpoint]:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    asked = ManagedOnlineEndpoint(name="oe-keys", auth_mode="key", description="of tests", tags={"a": "b"})
    yield client.online_endpoints.begin_create_or_update(asked).result()
    client.online_endpoints.begin_delete("oe-keys").result()


@pytest.fixture(scope="module")
def put(emulator: Emulator, bearer: dict[str, str]) -> Put:
    """Puts an endpoint with these properties, and top-level keys, past the SDK."""

    def ask(name: str, properties: dict[str, Any], **others: Any) -> requests.Response:
        url = f"{emulator.http}{emulator.scope}/onlineEndpoints/{name}"
        return requests.put(url, json={"properties": properties, **others}, headers=bearer, timeout=10)

    return ask


def score(endpoint: ManagedOnlineEndpoint, secret: str | None, **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
    return requests.request("POST", str(endpoint.scoring_uri), json={}, headers=headers, timeout=10, **options)


def test_is_found_as_it_was_sent(client: MLClient, endpoint: ManagedOnlineEndpoint, emulator: Emulator) -> None:
    found = client.online_endpoints.get("oe-keys")
    assert (found.name, found.description, found.tags, found.auth_mode) == ("oe-keys", "of tests", {"a": "b"}, "key")
    assert found.provisioning_state == "Succeeded"
    assert found.scoring_uri == endpoint.scoring_uri == f"{emulator.http}/api/v1/endpoint/oe-keys/score"
    assert found.openapi_uri == f"{emulator.http}/api/v1/endpoint/oe-keys/swagger.json"
    assert found.identity.type == "system_assigned"
    assert found.identity.principal_id
    assert "oe-keys" in [one.name for one in client.online_endpoints.list()]


def test_keys(client: MLClient, endpoint: ManagedOnlineEndpoint) -> None:
    keys = client.online_endpoints.get_keys("oe-keys")
    assert score(endpoint, keys.primary_key).status_code == 404
    assert score(endpoint, keys.secondary_key).status_code == 404
    for wrong in (None, "", "wrong"):
        assert score(endpoint, wrong).status_code == 401
    client.online_endpoints.begin_regenerate_keys("oe-keys", key_type="primary").result()
    fresh = client.online_endpoints.get_keys("oe-keys")
    assert fresh.primary_key != keys.primary_key
    assert fresh.secondary_key == keys.secondary_key
    assert score(endpoint, keys.primary_key).status_code == 401
    assert score(endpoint, fresh.primary_key).status_code == 404
    client.online_endpoints.begin_create_or_update(endpoint).result()
    assert client.online_endpoints.get_keys("oe-keys").primary_key == fresh.primary_key


def test_an_endpoint_without_traffic_says_so(client: MLClient, endpoint: ManagedOnlineEndpoint) -> None:
    key = client.online_endpoints.get_keys("oe-keys").primary_key
    assert score(endpoint, key).text == "The endpoint doesn't have any valid deployment with positive weight."
    assert client.online_endpoints.get("oe-keys").traffic == {}
    for wrong in ({"blue": 100}, {"blue": 50, "green": 50}):
        endpoint.traffic = wrong
        with pytest.raises(Exception, match="has no deployment 'blue'"):
            client.online_endpoints.begin_create_or_update(endpoint)
    endpoint.traffic = {}


def test_a_token_of_one_endpoint_is_none_of_another(client: MLClient) -> None:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    one, other = (ManagedOnlineEndpoint(name=name, auth_mode="aml_token") for name in ("oe-one", "oe-other"))
    made = [client.online_endpoints.begin_create_or_update(asked).result() for asked in (one, other)]
    tokens = [client.online_endpoints.get_keys(asked.name).access_token for asked in made]
    assert [score(made[0], token).status_code for token in tokens] == [404, 401]
    for asked in made:
        client.online_endpoints.begin_delete(asked.name).result()


@pytest.mark.parametrize("mode", ["aml_token", "aad_token"])
def test_tokens(client: MLClient, emulator: Emulator, mode: str) -> None:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    name = f"oe-{mode.replace('_', '-')}"
    made = client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=name, auth_mode=mode)).result()
    try:
        assert made.auth_mode == mode
        token = client.online_endpoints.get_keys(name)
        good = token.access_token
        assert score(made, good).status_code == 404
        assert score(made, "wrong").text == "token_auth_access_denied"
        identity = requests.post(
            emulator.environment["MSI_ENDPOINT"], {"resource": emulator.address["tls"]}, timeout=10
        ).json()
        assert score(made, identity["access_token"]).status_code == 401
    finally:
        client.online_endpoints.begin_delete(name).result()


def test_tokens_and_keys_are_asked_for_where_there_are_some(
    emulator: Emulator, bearer: dict[str, str], put: Put
) -> None:
    base = f"{emulator.http}{emulator.scope}/onlineEndpoints/oe-modes"
    assert put("oe-modes", PROPERTIES).status_code == 201
    assert "takes no tokens" in requests.post(f"{base}/token", headers=bearer, timeout=10).text
    assert put("oe-modes", {"authMode": "amltoken"}).json()["properties"]["authMode"] == "AMLToken"
    assert "asks for tokens" in requests.post(f"{base}/listKeys", headers=bearer, timeout=10).text
    wrong = requests.post(f"{base}/regenerateKeys", json={"keyType": "Third"}, headers=bearer, timeout=10)
    assert "Primary or Secondary" in wrong.json()["error"]["message"]
    assert requests.delete(base, headers=bearer, timeout=10).status_code == 202
    assert requests.delete(base, headers=bearer, timeout=10).status_code == 204
    assert requests.get(base, headers=bearer, timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("name", "properties", "reason"),
    [
        ("ab", PROPERTIES, "3 to 32 letters"),
        ("a" * 33, PROPERTIES, "3 to 32 letters"),
        ("1abc", PROPERTIES, "3 to 32 letters"),
        ("abc-", PROPERTIES, "3 to 32 letters"),
        ("a_bc", PROPERTIES, "3 to 32 letters"),
        ("oe-bad", {}, "lacks 'authMode'"),
        ("oe-bad", {"authMode": "None"}, "authMode must be one of"),
        ("oe-bad", PROPERTIES | {"traffic": {"blue": 101}}, "at most 100"),
        ("oe-bad", PROPERTIES | {"traffic": {"blue": 1.5}}, "a whole number"),
        ("oe-bad", PROPERTIES | {"traffic": {"blue": 0}}, "has no deployment 'blue'"),
        ("oe-bad", PROPERTIES | {"mirrorTraffic": {"blue": 10}}, "mirrorTraffic"),
        ("oe-bad", PROPERTIES | {"publicNetworkAccess": "Disabled"}, "publicNetworkAccess"),
        ("oe-bad", PROPERTIES | {"compute": "azureml:none"}, "compute 'none' not found"),
        ("oe-bad", PROPERTIES | {"compute": "/subscriptions/x/computes/none"}, "not one of this workspace"),
        ("oe-bad", PROPERTIES | {"region": "x"}, "'region' of an online endpoint"),
    ],
)
def test_what_no_endpoint_may_be(put: Put, name: str, properties: dict[str, Any], reason: str) -> None:
    answer = put(name, properties)
    assert answer.status_code in (400, 404)
    assert reason in answer.json()["error"]["message"]


def test_unknown_keys_and_parameters_are_refused(put: Put, emulator: Emulator, bearer: dict[str, str]) -> None:
    assert "'plan' of an online endpoint" in put("oe-bad", PROPERTIES, plan={"name": "x"}).json()["error"]["message"]
    url = f"{emulator.http}{emulator.scope}/onlineEndpoints?computeType=Managed"
    assert "the parameter 'computeType'" in requests.get(url, headers=bearer, timeout=10).json()["error"]["message"]


def test_what_no_endpoint_answers(endpoint: ManagedOnlineEndpoint, client: MLClient) -> None:
    key = client.online_endpoints.get_keys("oe-keys").primary_key
    headers = {"Authorization": f"Bearer {key}"}
    assert requests.put(str(endpoint.scoring_uri), headers=headers, timeout=10).status_code == 405
    for path in (str(endpoint.scoring_uri), str(endpoint.openapi_uri)):
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            assert requests.request(method, path, headers=headers, timeout=10).status_code == 405
        for method in ("GET", "POST"):
            assert requests.request(method, path, headers=headers, timeout=10).status_code == 404
    unknown = requests.post(str(endpoint.scoring_uri).replace("oe-keys", "oe-none"), headers=headers, timeout=10)
    assert (unknown.status_code, unknown.text) == (404, "endpoint 'oe-none' not found")
    named = requests.post(str(endpoint.scoring_uri), headers=headers | {"azureml-model-deployment": "blue"}, timeout=10)
    assert (named.status_code, named.text) == (404, "endpoint 'oe-keys' has no deployment 'blue'")
