"""Waits until the front end of a service that is healthy passes requests on to it.

azureml-fe finds a service that has started by asking the cluster, and routes to it from then on; nothing tells when
that is (https://learn.microsoft.com/azure/machine-learning/v1/how-to-deploy-azure-kubernetes-service). One of its
instances knows all replicas and decides for the others, so one answer is enough
(https://learn.microsoft.com/azure/machine-learning/how-to-kubernetes-inference-routing-azureml-fe).
"""

import time

import requests

from steps.artifacts.release import Query
from steps.querying.client import ScoringClient

NOT_ROUTED = (
    None,  # no connection, or no answer
    requests.codes.not_found,
    requests.codes.bad_gateway,
    requests.codes.service_unavailable,
    requests.codes.gateway_timeout,
)
"""Statuses that a front end gives by itself; a replica's own 503 can't be told from them."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two questions; each pause is twice the one before."""


def await_first_answer(client: ScoringClient, body: bytes, seconds: float) -> Query:
    """Ask about ``body`` until any other status comes, or ``seconds`` have passed since the first question.

    Whether that answer is right isn't judged here. The query fails where none came.
    """
    start, pause = time.monotonic(), FIRST_PAUSE
    while (reply := client.score(body)).status in NOT_ROUTED:
        waited = time.monotonic() - start
        if waited >= seconds:
            detail = (
                f"none in {waited:.1f} s (smoke_test.first_answer_seconds={seconds:g}), the last was {reply.summary}"
            )
            return Query(name="first_answer", passed=False, detail=detail)
        time.sleep(min(pause, seconds - waited))
        pause = min(2 * pause, LONGEST_PAUSE)
    return Query(name="first_answer", passed=True, detail=f"after {time.monotonic() - start:.1f} s")
