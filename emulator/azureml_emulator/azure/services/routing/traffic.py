"""Which deployment of an online endpoint answers a request: by its name in a header, else by the shares of traffic."""

import random

from starlette.responses import Response

from azureml_emulator.azure.services.routing.connection import Answer, Headers
from azureml_emulator.wire import Document

_HEADER = b"azureml-model-deployment"
NO_TRAFFIC = "The endpoint doesn't have any valid deployment with positive weight."
"""https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints, status 404."""


def named(headers: Headers) -> str | None:
    """The deployment that the request asks for, whatever its traffic; None for one that leaves it to the shares."""
    return next((value.decode("latin-1") for name, value in headers if name == _HEADER and value), None)


def drawn(endpoint: Document) -> str | None:
    """A deployment by its share; None where none has any."""
    shares = {name: share for name, share in endpoint["traffic"].items() if share > 0}
    return random.choices(list(shares), list(shares.values()))[0] if shares else None  # noqa: S311 - no secret


def saying(answer: Answer | Response, deployment: str) -> Answer | Response:
    """The answer, with the name of the deployment that it comes from."""
    if isinstance(answer, Answer):
        others = [header for header in answer.headers if header[0] != _HEADER]
        return answer._replace(headers=[*others, (_HEADER, deployment.encode("latin-1"))])
    answer.headers[_HEADER.decode()] = deployment
    return answer
