"""Wrong methods, as HTTP wants them answered: azmlinfsrv refuses most without saying which it allows."""

from collections.abc import Callable
from typing import Any

from scoring.service import Reply


def refuse_methods(blueprint: Any, refusal: Callable[[], Reply]) -> None:
    """Let `blueprint`, azmlinfsrv's before it is registered, answer any wrong method on /score by `refusal`.

    Those on its other pages get the header Allow (RFC 9110, 15.5.6).
    """
    from flask import Response, request
    from werkzeug.exceptions import MethodNotAllowed

    def answer() -> Response | None:
        if request.path != "/score" or not isinstance(request.routing_exception, MethodNotAllowed):
            return None
        reply = refusal()
        return Response(reply.body, reply.status, headers=dict(reply.headers))

    def name_allowed(response: Response) -> Response:
        error = request.routing_exception
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers.setdefault("Allow", ", ".join(sorted(error.valid_methods)))
        return response

    blueprint.before_app_request(answer)
    blueprint.after_app_request(name_allowed)
