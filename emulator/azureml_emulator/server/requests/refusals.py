"""Operations of the SDK that the local workspace will not have, answered with the reason."""

from typing import NoReturn

from starlette.requests import Request
from starlette.routing import Route

from azureml_emulator.errors import NotSupported


class Refusal(Route):
    """Answers 400 with the operation and why; others that are not here have no reason but that nobody built them."""

    def __init__(self, path: str, reason: str, methods: list[str]) -> None:
        self.reason = reason

        async def refuse(request: Request) -> NoReturn:
            raise NotSupported(f"the operation {request.method} {request.url.path} ({reason})")

        super().__init__(path, refuse, methods=methods)
