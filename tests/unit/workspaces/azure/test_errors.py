"""What leaves an adapter in the place of what the SDK, the libraries inside it and the network raise."""

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.identity import CredentialUnavailableError
from azureml.exceptions import AuthenticationException, ComputeTargetException, WebserviceException
from msrest.exceptions import ClientRequestError

from config.errors import DeploymentError, WorkspaceError
from workspaces.azure.errors import LONGEST_MESSAGE, translate, translated, translates
from workspaces.errors import Busy, NotSignedIn, RequestError, Unreachable

HEADERS = "Headers: {'x-request': 'abc'}"


def answered(status: int) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    return response


def wrapped(network: Exception) -> WebserviceException:
    try:
        raise WebserviceException("it failed") from network
    except WebserviceException as error:
        return error


def wrapped_in_passing(wrapping: Exception) -> Exception:
    """As the SDK does it mostly: nothing says from what."""
    try:
        try:
            raise requests.ConnectionError("Connection refused")
        except requests.ConnectionError:
            raise wrapping  # noqa: B904
    except type(wrapping) as error:
        return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (WebserviceException(f"Received bad response:\nResponse Code: 409\n{HEADERS}\n\nContent: busy"), Busy),
        (WebserviceException(f"Received bad response:\nResponse Code: 500\n{HEADERS}\n\nContent: lost"), RequestError),
        (ComputeTargetException("Quota exceeded"), RequestError),
        (Exception("Error retrieving the environment definition. Code: 500\n: lost"), RequestError),
        (HttpResponseError("(AuthorizationFailed) not allowed"), RequestError),
        (requests.ConnectionError("Failed to establish a new connection"), Unreachable),
        (ConnectionRefusedError("Connection refused"), Unreachable),
        (ServiceRequestError("refused"), Unreachable),
        (wrapped(requests.ConnectionError("Connection refused")), Unreachable),
        (wrapped(requests.HTTPError("no")), RequestError),
        (wrapped_in_passing(ComputeTargetException("it failed")), Unreachable),
        (wrapped_in_passing(ClientRequestError("Error occurred in request.")), Unreachable),
        (ClientAuthenticationError("no credential worked"), NotSignedIn),
        (CredentialUnavailableError("no credential worked"), NotSignedIn),
        (AuthenticationException("no credential worked"), NotSignedIn),
        (
            WebserviceException(f"Received bad response:\nResponse Code: 401\n{HEADERS}\n\nContent: expired"),
            NotSignedIn,
        ),
        (Exception("Error retrieving the environment definition. Code: 401\n: expired"), NotSignedIn),
        (requests.HTTPError("refused the run (401)", response=answered(401)), NotSignedIn),
        (requests.HTTPError("refused the run (403)", response=answered(403)), RequestError),
    ],
)
def test_what_the_sdk_or_the_network_says_becomes_an_error_of_the_port(
    error: Exception, kind: type[WorkspaceError]
) -> None:
    known = translate(error)
    assert type(known) is kind
    assert str(known).splitlines()[0] == str(getattr(error, "message", error)).splitlines()[0]
    assert HEADERS not in str(known)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AuthorizationPermissionMismatch", "needs the role Storage Blob Data Contributor"),
        ("KeyBasedAuthenticationNotPermitted", "az ml workspace update --system-datastores-auth-mode identity"),
    ],
)
def test_what_a_storage_account_refuses_says_what_to_do(code: str, advice: str) -> None:
    known = translate(HttpResponseError(f"This is not permitted.\nRequestId:1\nErrorCode:{code}"))
    assert type(known) is RequestError
    said, does = str(known).splitlines()
    assert (said, advice in does) == ("This is not permitted.", True)


QUOTED = """{"error":{"code":"Busy","message":"an operation on \\'digits\\' runs","details":[]}}"""


@pytest.mark.parametrize(
    "error",
    [
        WebserviceException(f"Received bad response:\nResponse Code: 409\n{HEADERS}\nContent: b'{QUOTED}'"),
        Exception(f"Error retrieving the environment definition. Code: 409\n: {QUOTED}"),
    ],
)
def test_of_an_answer_that_the_sdk_quotes_the_message_is_kept(error: Exception) -> None:
    assert str(translate(error)) == "an operation on 'digits' runs"


def test_a_failed_sign_in_says_how_to_sign_in() -> None:
    known = translate(ClientAuthenticationError("no credential worked\nand forty lines of advice"))
    assert "az login" in str(known)
    assert "forty" not in str(known)


def test_an_error_without_words_is_named_and_a_long_one_is_cut() -> None:
    assert str(translate(requests.ConnectionError())) == "ConnectionError"
    assert len(str(translate(ComputeTargetException("x" * 9000)))) == LONGEST_MESSAGE


@pytest.mark.parametrize("error", [KeyError("name"), FileNotFoundError("model"), TypeError("not a text")])
def test_a_fault_of_the_code_is_none_of_them(error: Exception) -> None:
    assert translate(error) is None


@translates
class Adapter:
    def refused(self, *, by: Exception) -> None:
        """Raises it."""
        raise by

    @property
    def lost(self) -> str:
        raise ServiceRequestError("refused")

    def answer(self, word: str, *, times: int) -> str:
        return word * times


def test_every_public_member_of_an_adapter_is_translated() -> None:
    with pytest.raises(RequestError, match="Quota exceeded") as caught:
        Adapter().refused(by=ComputeTargetException("Quota exceeded"))
    assert isinstance(caught.value.__cause__, ComputeTargetException)
    with pytest.raises(Unreachable):
        _ = Adapter().lost
    assert Adapter().answer("a", times=2) == "aa"
    assert Adapter.refused.__doc__ == "Raises it."


@pytest.mark.parametrize("error", [DeploymentError("there is no service digits any more"), KeyError("name")])
def test_the_projects_own_errors_and_faults_of_the_code_pass_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        Adapter().refused(by=error)
    assert caught.value is error


def test_a_block_is_translated_as_a_method_is() -> None:
    with pytest.raises(NotSignedIn), translated():
        raise AuthenticationException("no credential worked")


def test_no_message_has_what_signs_an_address() -> None:
    """requests names the whole address of what it couldn't reach, and of what was refused."""
    said = "403 Client Error: Forbidden for url: http://x/logs/std_log.txt?sv=2020&sig=c2VjcmV0%3D&sp=r"
    translated_error = translate(requests.HTTPError(said))
    assert translated_error is not None
    assert str(translated_error).endswith("?sv=2020&sig=…&sp=r")
