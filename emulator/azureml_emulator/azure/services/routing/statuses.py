"""Statuses of answers that didn't go well, as each kind of host has them.

On AKS and Kubernetes azureml-fe passes a replica's 500 on as 502:
https://learn.microsoft.com/azure/machine-learning/v1/how-to-deploy-advanced-entry-script (CORS). Managed endpoints have
others: https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints (HTTP status codes).
"""

from starlette.responses import Response

from azureml_emulator.azure.services.routing.connection import Answer
from azureml_emulator.wire import Document

_BEHIND_FRONT_END = ("AKS", "Kubernetes")
_MANAGED = {503: 429, 504: 408, 502: 424}
"""Too many requests that wait, a request that took too long, and a model that crashed."""
_MODEL_ERROR = 424


def as_hosted(service: Document, answer: Answer | Response) -> Answer | Response:
    """What the router gives its client for what a replica answered, or for what it says in a replica's place."""
    if service["computeType"] in _BEHIND_FRONT_END:
        return answer._replace(status=502) if isinstance(answer, Answer) and answer.status == 500 else answer
    if service["computeType"] == "Managed":
        return _managed(answer)
    return answer


def _managed(answer: Answer | Response) -> Answer | Response:
    if isinstance(answer, Response):
        answer.status_code = _MANAGED.get(answer.status_code, answer.status_code)
        return answer
    if 200 <= answer.status < 300:
        return answer
    said = [
        (b"ms-azureml-model-error-statuscode", b"%d" % answer.status),
        (b"ms-azureml-model-error-reason", b"model_error"),
    ]
    return answer._replace(status=_MODEL_ERROR, headers=[*answer.headers, *said])
