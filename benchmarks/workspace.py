"""How fast the local workspace answers: a model read through the SDK, and a request that any service must authorise."""

import time
from collections.abc import Callable

ROUNDS = 200


def measure(rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Milliseconds of each call, by kind; the kinds take turns. Needs a released sample."""
    from pipelines import local

    local.redirect()
    import requests

    from config.settings import load_settings
    from pipelines.live.status import live_service
    from steps.registration.versions import find_latest
    from workspaces.opening import open_workspace

    settings = load_settings("local")
    workspace = open_workspace(settings)
    uri = live_service(workspace, settings).scoring_uri or ""
    session = requests.Session()
    session.trust_env = False  # neither a proxy nor ~/.netrc has to do with it
    calls: dict[str, Callable[[], object]] = {
        "SDK: read a model version": lambda: find_latest(workspace, settings.model.name),
        "router: refuse a request without key": lambda: session.post(uri, data=b""),
    }
    milliseconds: dict[str, list[float]] = {kind: [] for kind in calls}
    for _ in range(rounds):
        for kind, call in calls.items():
            started = time.perf_counter()
            call()
            milliseconds[kind].append((time.perf_counter() - started) * 1000)
    return milliseconds
