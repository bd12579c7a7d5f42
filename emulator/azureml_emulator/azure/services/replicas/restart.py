"""What becomes of a replica whose process died, or that stopped answering its liveness or its readiness probe."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import httpx

from azureml_emulator.azure.services.replicas.replica import Replica, answers
from azureml_emulator.errors import ApiError
from azureml_emulator.wire import Document

_PAUSE_SECONDS = 1.0


async def replacement(
    dead: Replica, service: str, is_wanted: Callable[[], bool], start: Callable[[], Awaitable[Replica]]
) -> Replica | None:
    """What takes the place of a replica when that has died, as soon as it is ready; None when no longer wanted."""
    said = ""
    await dead.wait()
    while is_wanted():
        await asyncio.sleep(_PAUSE_SECONDS)
        try:
            fresh = await start()
        except (OSError, ApiError) as error:
            if said != str(error):  # once, however often it is tried
                said = str(error)
                print(f"service {service}: a replica cannot be started again: {error}", file=sys.stderr, flush=True)
            continue
        if fresh.serving and is_wanted():
            return fresh
        await fresh.stop()
    return None


async def end_when_unresponsive(replica: Replica, probe: Document) -> None:
    """As Kubernetes does: ask `GET /` every period, from the initial delay on, and stop the replica after too many
    failures in a row. So it dies, and another takes its place.
    """
    await asyncio.sleep(probe["initialDelaySeconds"])
    failures = successes = 0
    async with httpx.AsyncClient(trust_env=False, timeout=probe["timeoutSeconds"]) as client:
        while replica.serving and failures < probe["failureThreshold"]:
            if await answers(client, f"http://127.0.0.1:{replica.port}/"):
                successes += 1
                failures = 0 if successes >= probe["successThreshold"] else failures
            else:
                failures, successes = failures + 1, 0
            await asyncio.sleep(probe["periodSeconds"] if failures < probe["failureThreshold"] else 0)
    if replica.serving:
        replica.note(
            f"[local workspace] liveness probe failed {failures} times in a row: "
            "this replica is stopped and another started\n"
        )
        await replica.stop()


async def keep_out_while_unready(replica: Replica, probe: Document, back: Callable[[], None]) -> None:
    """As Kubernetes does: ask `GET /` every period; the router sends nothing to a replica that failed too often in a
    row, until it has answered often enough in a row. `back` is called then.

    Its initial delay isn't waited for: a replica that is asked here has answered before.
    """
    failures = successes = 0
    async with httpx.AsyncClient(trust_env=False, timeout=probe["timeoutSeconds"]) as client:
        while replica.serving:
            await asyncio.sleep(probe["periodSeconds"])
            if await answers(client, f"http://127.0.0.1:{replica.port}/"):
                failures, successes = 0, successes + 1
            else:
                failures, successes = failures + 1, 0
            if replica.ready and failures >= probe["failureThreshold"]:
                replica.ready = False
                replica.note(f"[local workspace] readiness probe failed {failures} times in a row: no requests come\n")
            elif not replica.ready and successes >= probe["successThreshold"]:
                replica.ready = True
                back()
