"""The answers that are errors: those of the service by status and code, and those of what stands before it."""

from collections import defaultdict
from collections.abc import Iterator

from scoring.contract import Contract
from scoring.errors import ImageError, JsonError, ModelFailedError, RequestError
from scoring.inputs.reader import IMAGES
from scoring.web.openapi.values import Schema, closed

TEXT: Schema = {"text/plain": {"schema": {"type": "string"}}}
FRONT_END = {
    401: "The key is missing, or isn't one of the service's.",
    502: "No replica could answer.",
    503: "Every replica is busy.",
    504: "No answer within the scoring timeout.",
}
"""Said by Azure ML's front end in plain text, before or after the service itself."""
BEHIND_FRONT_END = 502
"""What azureml-fe makes of a 500: learn.microsoft.com/azure/machine-learning/v1/how-to-deploy-advanced-entry-script."""
RETRY: Schema = {"Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}}}
MESSAGE: Schema = {"application/json": {"schema": closed({"message": {"type": "string"}})}}
"""Of what the inference server says by itself."""
TOO_LONG = "A header with an id has more than 100 characters; said by the inference server."


def refusals(contract: Contract) -> dict[str, Schema]:
    """OpenAPI's responses to a request that isn't answered, by status."""
    errors = defaultdict[int, list[type[RequestError]]](list)
    for error in sorted(errors_of(contract), key=lambda one: (one.status, one.code)):
        errors[error.status].append(error)
    errors[BEHIND_FRONT_END].extend(errors[ModelFailedError.status])
    own = {str(status): _response(status, found) for status, found in errors.items()}
    return dict(sorted({**before_the_service(), **own}.items()))


def before_the_service() -> dict[str, Schema]:
    """The same for any request, whatever it asks for."""
    return {
        **{str(status): _response(status, []) for status in FRONT_END},
        "431": {"description": TOO_LONG, "content": MESSAGE},
    }


def errors_of(contract: Contract) -> Iterator[type[RequestError]]:
    """Every error that a request for such a model may be answered with."""
    other = JsonError if contract.input.kind in IMAGES else ImageError
    return (error for error in _leaves(RequestError) if not issubclass(error, other))


def _leaves(kind: type[RequestError]) -> Iterator[type[RequestError]]:
    below = kind.__subclasses__()
    if not below:
        yield kind
    for one in below:
        yield from _leaves(one)


def _response(status: int, errors: list[type[RequestError]]) -> Schema:
    said = [f"`{error.code}`: {(error.__doc__ or '').splitlines()[0]}" for error in errors]
    content = {"application/json": {"schema": _error(errors)}} if errors else {}
    before = FRONT_END.get(status)
    return {
        "description": "\n".join([*said, *([before] if before else [])]),
        "content": content | (TEXT if before else {}),
        **({"headers": RETRY} if status == 503 else {}),
    }


def _error(errors: list[type[RequestError]]) -> Schema:
    code = {"type": "string", "enum": [error.code for error in errors]}
    return closed({"error": closed({"code": code, "message": {"type": "string"}})})
