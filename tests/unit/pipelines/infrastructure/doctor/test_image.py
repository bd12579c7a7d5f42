"""By a registry that answers on loopback."""

import pytest

from pipelines.infrastructure.doctor.finding import exit_code
from pipelines.infrastructure.doctor.image import REGISTRY, Image, NotListed, of_image, of_tags, read_tags
from tests.unit.steps.querying.http_stub import Response, serve

NAME = f"{REGISTRY}/azureml/cuda:20251130.v1"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (NAME, (REGISTRY, "azureml/cuda", "20251130.v1", "")),
        ("example.io:5000/a/b", ("example.io:5000", "a/b", "", "")),
        ("example.io/a:1@sha256:00", ("example.io", "a", "1", "sha256:00")),
        ("ubuntu:24.04", ("ubuntu:24.04", "", "", "")),
    ],
)
def test_the_parts_of_a_name(name: str, parts: tuple[str, ...]) -> None:
    assert Image.of(name) == parts


@pytest.mark.parametrize(
    ("name", "tags", "outcome", "mend"),
    [
        (NAME, ("latest", "20251130.v1"), "ok", ""),
        (NAME, ("latest", "20260101.v2", "20260901.v1", "99"), "fail", "to 20260901.v1"),
        (NAME, (), "fail", "one of its tags"),
        (NAME, None, "fail", "another environment.base_image"),
        (f"{REGISTRY}/azureml/cuda", ("20251130.v1",), "warn", "to 20251130.v1"),
    ],
)
def test_a_tag_is_there_or_another_is_proposed(
    name: str, tags: tuple[str, ...] | None, outcome: str, mend: str
) -> None:
    found = of_tags(Image.of(name), tags)
    assert found.outcome == outcome
    assert mend in found.mend
    assert exit_code({"base image": found}) == (2 if outcome == "fail" else 0)


@pytest.mark.parametrize("name", ["ubuntu:24.04", "example.io/a:1", f"{REGISTRY}/a@sha256:00"])
def test_what_cannot_be_looked_up_is_not_asked_for(name: str) -> None:
    assert of_image(name).outcome == "skipped"


def test_the_list_is_read_as_the_registry_gives_it() -> None:
    with serve() as registry:
        registry.respond = lambda _: Response(answer={"name": "a", "tags": ["1", "2"]})
        assert read_tags(registry.uri) == ("1", "2")
        registry.respond = lambda _: Response(404, {"errors": []})
        assert read_tags(registry.uri) is None


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response(503), "it answers 503"),
        (Response(answer={"tags": None}), "no list of tags"),
        (Response(answer={}), "no list of tags"),
        (Response(answer={"tags": ["1"]}, headers={"Link": '</v2/a/tags/list?last=1>; rel="next"'}), "several pages"),
        (Response(answer={"tags": ["1" * 5 * 2**20]}), "too long"),
        (Response(answer={"tags": ["1"]}, headers={"Content-Length": "10000"}), "no answer"),
    ],
)
def test_a_registry_that_gives_no_list_is_no_failure(
    response: Response, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.infrastructure.doctor.image.TIMEOUT_SECONDS", 0.5)
    with serve() as registry:
        registry.respond = lambda _: response
        with pytest.raises(NotListed, match=reason):
            read_tags(registry.uri)
        monkeypatch.setattr(Image, "tags_url", registry.uri)
        found = of_image(NAME)
    assert found.outcome == "skipped"
    assert reason in found.text
