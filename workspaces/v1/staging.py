"""Candidates of SDK v1: services of their own, of one replica, on the same cluster."""

import hashlib

SUFFIX = "-staged"
STAGED_FOR = "staged_for"
"""Tag of a staged service: the name of the one that it stands beside."""
LONGEST_NAME = 32
DIGEST_LENGTH = 6


def staged_name(service_name: str) -> str:
    """The name of the candidate's service: at most 32 characters, as Azure ML allows, and no other service's."""
    if len(service_name) + len(SUFFIX) <= LONGEST_NAME:
        return service_name + SUFFIX
    # What is cut off still tells one from another; without it, one name could even be its own.
    digest = hashlib.sha256(service_name.encode()).hexdigest()[:DIGEST_LENGTH]
    return f"{service_name[: LONGEST_NAME - len(SUFFIX) - DIGEST_LENGTH - 1]}-{digest}{SUFFIX}"
