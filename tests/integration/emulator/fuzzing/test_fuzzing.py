"""No request is answered by a fault, and none that is accepted breaks another: mutations of what the SDK sends."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest
from starlette.routing import Route

from azureml_emulator.server.app import PACKAGES
from azureml_emulator.server.requests.refusals import Refusal
from azureml_emulator.studio import routes as studio
from tests.integration.emulator.fuzzing.campaign import Campaign
from tests.integration.emulator.fuzzing.corpus import load

SEED = int(os.environ.get("SOAK_SEED", random.randrange(2**32)))  # noqa: S311
BODIES = int(os.environ.get("SOAK_BODIES", "20000"))
_ROUTER = ("/api/v1/service/", "/api/v1/endpoint/")
"""Passes bodies on as they are."""


def test_every_route_has_a_valid_request() -> None:
    routes = [route for package in (*PACKAGES, studio) for route in package.routes]
    listed = [route for route in routes if isinstance(route, Route) and not isinstance(route, Refusal)]
    known = {
        f"{method} {route.path}"
        for route in listed
        for method in route.methods or ()
        if method != "HEAD" and not route.path.startswith(_ROUTER)
    }
    assert known == {case.do for case in load()}


def test_some_hundred_bodies(tmp_path: Path) -> None:
    report = asyncio.run(Campaign(tmp_path, 15, bodies_a_round=150, looks_after=30).run(300))
    assert not report.faults, f"{report}\n\n" + "\n\n".join(report.faults[:5])
    assert report.accepted.total() > 20, "mutants that are all refused prove little"


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_many_thousand_bodies(tmp_path: Path) -> None:
    print(f"\nSOAK_SEED={SEED}", flush=True)
    report = asyncio.run(Campaign(tmp_path, SEED, bodies_a_round=400, looks_after=25).run(BODIES))
    print(report, *report.faults, sep="\n\n", flush=True)
    assert not report.faults
