"""Answers with a file that may grow while it is sent, as a log does."""

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send


class GrowingFileResponse(FileResponse):
    """What stood there at the start: Starlette sends all that it finds, which may be more than it announced."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = 0

        async def send_announced(message: Message) -> None:
            nonlocal left
            if message["type"] == "http.response.start":
                left = int(Headers(raw=message["headers"])["content-length"])
            elif message["type"] == "http.response.body":
                message = {**message, "body": message["body"][:left]}
                left -= len(message["body"])
            await send(message)

        await super().__call__(scope, receive, send_announced)
