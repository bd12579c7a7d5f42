"""Is the base image still there, under the tag that the settings pin? By the list of tags that its registry gives."""

import json
import re
import time
from collections.abc import Sequence
from typing import NamedTuple

import requests

from config.exit_codes import ExitCode
from pipelines.infrastructure.doctor.finding import Finding, fail, ok, skipped, warn
from workspaces.netrc import as_given

REGISTRY = "mcr.microsoft.com"
TIMEOUT_SECONDS = 5
MOST_SECONDS = 15
MOST_BYTES = 4 * 2**20
DATED = re.compile(r"\d{8}\.v\d+")
"""The form of the tags that stay with what they were given to, such as 20251130.v1."""


class Image(NamedTuple):
    """The parts of an image's name."""

    registry: str
    repository: str
    tag: str
    """Empty where there is none."""
    digest: str
    """Empty where there is none."""

    @classmethod
    def of(cls, name: str) -> "Image":
        """https://github.com/distribution/reference/blob/main/reference.go"""
        name, _, digest = name.partition("@")
        registry, _, path = name.partition("/")
        repository, _, tag = path.partition(":")
        return cls(registry, repository, tag, digest)

    @property
    def tags_url(self) -> str:
        """https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags"""
        return f"https://{self.registry}/v2/{self.repository}/tags/list"


class NotListed(Exception):
    """The registry gave no list; the message says why."""


def read_tags(url: str) -> tuple[str, ...] | None:
    """All tags of a repository; None where the registry has none of this name. NotListed when nobody can tell."""
    try:
        with requests.get(url, timeout=TIMEOUT_SECONDS, auth=as_given, stream=True) as answer:
            if answer.status_code == requests.codes.not_found:
                return None
            answer.raise_for_status()
            if answer.links.get("next"):
                raise NotListed("the list has several pages")
            return tuple(map(str, json.loads(_content(answer))["tags"]))
    except requests.HTTPError as error:
        raise NotListed(f"it answers {error.response.status_code}") from error
    except requests.RequestException as error:
        raise NotListed("no answer") from error
    except (ValueError, LookupError, TypeError) as error:
        raise NotListed("what it answers is no list of tags") from error


def _content(answer: requests.Response) -> bytes:
    content, end = b"", time.monotonic() + MOST_SECONDS
    for part in answer.iter_content(2**16):
        content += part
        if len(content) > MOST_BYTES or time.monotonic() > end:
            raise NotListed("the list is too long, or too slow")
    return content


def of_image(name: str) -> Finding:
    """The image of the settings. That its registry can't be reached from here says nothing of Azure ML's builders."""
    image = Image.of(name)
    if image.registry != REGISTRY:
        return skipped(f"only images of {REGISTRY} are looked up, not {name}")
    if image.digest:
        return skipped(f"{image.repository} is pinned by its digest")
    try:
        return of_tags(image, read_tags(image.tags_url))
    except NotListed as error:
        return skipped(f"{REGISTRY} can't be asked from here ({error})", f"open {image.tags_url} elsewhere")


def of_tags(image: Image, tags: Sequence[str] | None) -> Finding:
    """By the tags that the registry listed; None: it has no such repository."""
    if tags is None:
        mend = "write another environment.base_image into the target's file"
        return fail(f"{image.registry} has no {image.repository}", mend, ExitCode.CONFIG)
    newest = max((tag for tag in tags if DATED.fullmatch(tag)), default=None)
    pin = f"pin environment.base_image to {newest or 'one of its tags'}"
    if not image.tag:
        return warn(f"{image.repository} is pinned to no tag: each build may take another image", pin)
    if image.tag not in tags:
        return fail(f"{image.repository} has no tag {image.tag} any more", pin, ExitCode.CONFIG)
    return ok(f"{image.repository} has the tag {image.tag}")
