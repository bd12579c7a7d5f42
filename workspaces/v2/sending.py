"""One request by azure-core's client, and azure-core's errors for what is refused."""

from typing import Any

from azure.core import PipelineClient
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    map_error,
)
from azure.core.rest import HttpRequest, HttpResponse

TIMEOUT_SECONDS = 60
ERRORS = {401: ClientAuthenticationError, 404: ResourceNotFoundError, 409: ResourceExistsError}


def sent(client: "PipelineClient[Any, Any]", request: HttpRequest) -> HttpResponse:
    """The answer to a request whose address may lack the client's own."""
    request.url = client.format_url(request.url)
    answer: HttpResponse = client.send_request(request, read_timeout=TIMEOUT_SECONDS)
    if answer.status_code >= 400:
        map_error(answer.status_code, answer, ERRORS)
        raise HttpResponseError(response=answer)
    return answer
