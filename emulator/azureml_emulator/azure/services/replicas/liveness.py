"""Liveness probes: a replica that stops answering is ended, as Kubernetes does, and another takes its place."""

import asyncio

import httpx

from azureml_emulator.azure.services.replicas.replica import Replica, answers
from azureml_emulator.wire import Document


async def end_when_unresponsive(replica: Replica, probe: Document) -> None:
    """Ask `GET /` every period, from the initial delay on, and stop the replica after too many failures in a row."""
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
        replica.note(f"liveness probe failed {failures} times in a row: this replica is stopped and another started")
        await replica.stop()
