"""Paths of scoring requests: a service's as on AKS, an online endpoint's as on Kubernetes."""

import re
from typing import NamedTuple

from azureml_emulator.wire import Document

SERVICE, ENDPOINT = "service", "endpoint"
_PATH = re.compile(f"/api/v1/({SERVICE}|{ENDPOINT})/([^/]+)(/score|/swagger.json)")


class Asked(NamedTuple):
    kind: str
    name: str
    tail: str
    """What the replica is asked for."""


def asked(path: str) -> Asked | None:
    """None for what is no scoring request."""
    found = _PATH.fullmatch(path)
    return Asked(*found.groups()) if found else None


def scoring_path(service: Document) -> str:
    """That of a service, of an endpoint, or of the endpoint whose deployment it is, without slashes around it."""
    endpoint = service["name"] if "traffic" in service else endpoint_of(service)
    return f"api/v1/{ENDPOINT}/{endpoint}" if endpoint else f"api/v1/{SERVICE}/{service['name']}"


def endpoint_of(service: Document) -> str | None:
    """The online endpoint whose deployment it is, named ENDPOINT/DEPLOYMENT; None for a service of its own."""
    endpoint, slash, _ = str(service["name"]).partition("/")
    return endpoint if slash else None
