"""A route that refuses what it would not look at."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from azureml_emulator.errors import NotSupported
from azureml_emulator.server.requests.shapes import shortened

_VERSION = "api-version"
Endpoint = Callable[[Request], Awaitable[Response]]


class StrictRoute(Route):
    """One of Azure Resource Manager's. Any api-version is taken; of other parameters, those in `parameters`.

    An empty parameter asks for nothing.
    """

    def __init__(
        self, path: str, endpoint: Endpoint, methods: list[str] | None = None, parameters: Sequence[str] = ()
    ) -> None:
        async def strict(request: Request) -> Response:
            for name, value in request.query_params.multi_items():
                if value and name not in parameters and name.lower() != _VERSION:
                    raise NotSupported(f"the parameter {shortened(name)} of {request.method} {request.url.path}")
            return await endpoint(request)

        super().__init__(path, strict, methods=methods)
