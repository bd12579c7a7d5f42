"""Whose settings count for the target that is promoted from, and which two targets make no promotion."""

from pathlib import Path

import pytest

from config.errors import ConfigError, WorkspaceError
from config.settings import Settings, load_settings
from pipelines.promotion.source import SUBSCRIPTION, reading, source_settings
from workspaces.errors import NotSignedIn, RequestError

PROD = load_settings("prod", environ={})


def test_what_is_said_of_the_target_says_nothing_of_the_source() -> None:
    prod = load_settings("prod", {"model.name": "other"}, {"AMLGPU_VALIDATION__MINIMUM_SAMPLES": "7"})
    said = {"AMLGPU_VALIDATION__MINIMUM_SAMPLES": "7", "AMLGPU_TARGET": "prod", "AMLGPU_SERVICE": "none"}
    dev = source_settings("dev", prod, said)
    assert (dev.target, dev.model.name, dev.workspace.name) == ("dev", "digits", "aml-gpu-dev")
    assert dev.validation.minimum_samples != 7
    assert dev.options == "--target dev --service digits"


def test_the_subscription_counts_for_a_file_that_has_none_yet(tmp_path: Path) -> None:
    said = {SUBSCRIPTION: "1" * 8}
    assert source_settings("dev", PROD, said).workspace.subscription_id == "1" * 8
    folder = Path(__file__).parents[4] / "config"
    for kind in ("targets", "services"):
        (tmp_path / kind).mkdir()
        for file in (folder / kind).glob("*.yml"):
            text = file.read_text().replace(
                "subscription_id: 00000000-0000-0000-0000-000000000000", "subscription_id: own"
            )
            (tmp_path / kind / file.name).write_text(text)
    said |= {"AMLGPU_CONFIG": str(tmp_path)}
    assert source_settings("dev", PROD, said).workspace.subscription_id == "own"


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        ("prod", PROD, "--from prod --target prod: nothing is promoted to where it is"),
        ("local", PROD, "one is the local workspace and the other is in Azure"),
        ("dav", PROD, "--from = 'dav': there is no such target; did you mean dev?"),
        (
            "dev",
            load_settings(
                "prod", {"workspace.name": "AML-GPU-dev", "workspace.resource_group": "aml-gpu-dev"}, {}
            ).model_copy(update={"service": load_settings("dev", environ={}).service}),
            "both are the service digits-dev of the workspace AML-GPU-dev",
        ),
    ],
)
def test_two_targets_that_are_no_two_services_are_refused(name: str, target: Settings, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        source_settings(name, target, {})
    assert message in str(refused.value)


def test_a_refused_request_names_the_target_that_was_read() -> None:
    with (
        pytest.raises(WorkspaceError, match="prod's workspace aml-gpu-prod couldn't be read: no such role"),
        reading(PROD),
    ):
        raise RequestError("no such role")
    with pytest.raises(NotSignedIn, match=r"^nobody$"), reading(PROD):
        raise NotSignedIn("nobody")
