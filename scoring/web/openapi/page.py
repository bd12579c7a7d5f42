"""Serves the document where azmlinfsrv serves one: GET /swagger.json, with `?version=` 2, 3 or 3.1.

azmlinfsrv reads it from files in its root folder, which doesn't belong to the service alone, or makes one up.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from scoring.contract import Contract
from scoring.settings import ServiceSettings
from scoring.web.openapi.document import VERSIONS, Place, openapi
from scoring.web.openapi.swagger import swagger

PATH = "/swagger.json"
DEFAULT = "2"  # azmlinfsrv's


def documents(contract: Contract, settings: ServiceSettings, environ: Mapping[str, str]) -> dict[str, bytes]:
    """The document as JSON, by the version that is asked for. Azure ML sets the variables that say the place."""
    prefix = environ.get("SERVICE_PATH_PREFIX", "").strip("/")
    described = openapi(
        contract, settings, Place(environ.get("SERVICE_NAME", "service"), f"/{prefix}" if prefix else "")
    )
    old = orjson.dumps(swagger(described))
    newer = {version: orjson.dumps({**described, "openapi": said}) for version, said in VERSIONS.items()}
    return {DEFAULT: old, "2.0": old, **newer}


def serve(blueprint: Any, pages: Mapping[str, bytes]) -> None:
    """Let `blueprint`, azmlinfsrv's Flask blueprint before it is registered, answer with them.

    Other versions are left to azmlinfsrv, which says with 404 that it knows none.
    """
    from flask import Response, request

    def answer() -> Response | None:
        page = pages.get(request.args.get("version", DEFAULT)) if request.path == PATH else None
        if page is None or request.method not in ("GET", "HEAD"):
            return None
        return Response(page, mimetype="application/json")

    blueprint.before_request(answer)
