"""What a run found out about a model, and whom the next believes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from steps.artifacts.candidate import Candidate
    from workspaces.v1.workspace import V1Workspace

NAME = "steps-findings"


@pytest.fixture
def model_name() -> str:
    return NAME


def test_what_a_run_found_out_about_a_model_the_next_doesnt_look_for(
    uploaded: str, find: Callable[..., Candidate], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find(uploaded)
    monkeypatch.setattr("steps.registration.contract.looking.look", _looks)

    again = find(uploaded)

    assert (again.model, again.contract, again.reused) == (first.model, first.contract, True)
    with pytest.raises(RuntimeError, match="it looks"):
        find(uploaded, kind="multilabel")
    monkeypatch.setattr("steps.registration.looked.code_hash", lambda: "newer")
    with pytest.raises(RuntimeError, match="it looks"):
        find(uploaded)


TAMPERED = [{"threshold": 0.01}, {"labels": [str(digit) for digit in range(9, -1, -1)]}, {"logits": True}]


@pytest.mark.parametrize("tampered", TAMPERED)
def test_a_finding_that_no_run_recorded_is_looked_for_again(
    port: V1Workspace, uploaded: str, find: Callable[..., Candidate], tampered: dict[str, Any]
) -> None:
    first = find(uploaded)
    paths = [f"amlgpu/inspections/{name}" for name in port.files.sizes("amlgpu/inspections")]
    assert paths
    for path in paths:
        stored = port.files.read(path)
        assert stored is not None
        known = json.loads(stored.content)
        known["inspection"]["contract"]["task"] |= tampered
        port.files.write(path, json.dumps(known).encode(), stored.etag)

    again = find(uploaded)

    assert (again.model, again.contract) == (first.model, first.contract)


def _looks(*_: object, **__: object) -> None:
    raise RuntimeError("it looks")
