from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import Required, TypedDict

from azureml_emulator.azure.services.host import host_of
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import Number, Reference
from azureml_emulator.testing.faults.faults import faults_of
from azureml_emulator.testing.faults.middleware import may_fail


class Wanted(TypedDict, total=False):
    operation: Required[Reference]
    status: int | None
    seconds: Number
    times: int | None
    fail_later: str | None
    routing_lag: Number


async def list_faults(request: Request) -> JSONResponse:
    return JSONResponse({"faults": faults_of(request).documents()})


async def add_fault(request: Request) -> JSONResponse:
    """`{"operation": "METHOD PATH", "status": 503, "seconds": 0, "times": 1}`; without a status it is done, late.

    With `fail_later` (a reason) or `routing_lag` (seconds) it is done, and what comes of it is another.
    """
    routes = [one for one in request.app.routes if isinstance(one, Route) and may_fail(one.path)]
    return JSONResponse(faults_of(request).add(await read_object(request, Wanted), routes).document())


async def clear_faults(request: Request) -> JSONResponse:
    faults_of(request).clear()
    host_of(request).lags.clear()
    return JSONResponse({"faults": []})


routes = [
    Route("/own/faults", list_faults),
    Route("/own/faults", add_fault, methods=["POST"]),
    Route("/own/faults", clear_faults, methods=["DELETE"]),
]
