"""The actions that workflows use, as far as a job notices them."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.e2e.workflows.workflow import Running

Inputs = Mapping[str, str]


def run(uses: str, given: Inputs, running: "Running") -> bool:
    """Whether the action succeeds; KeyError for one that isn't known here."""
    return ACTIONS[uses.partition("@")[0]](given, running)


def _check_out(_: Inputs, running: "Running") -> bool:
    assert running.job["permissions"]["contents"] == "read"
    return True


def _set_up(given: Inputs, running: "Running") -> bool:
    running.repository.checkout.set_up(given.get("extras", ""))
    return True


def _sign_in(given: Inputs, running: "Running") -> bool:
    """Azure trusts an environment's identity, and GitHub gives a token to who may write one."""
    assert running.job["permissions"]["id-token"] == "write"
    assert running.done.environment, "the federated credential names an environment"
    if not all(given[name] for name in ("client-id", "tenant-id", "subscription-id")):
        return False
    running.variables |= running.repository.signed_in
    return True


def _upload(given: Inputs, running: "Running") -> bool:
    source, artifacts = running.repository.checkout.source, running.repository.artifacts
    folder = running.repository.checkout.folder / "artifacts" / str(len(artifacts))
    for pattern in given["path"].split():
        hidden = any(part.startswith(".") for part in Path(pattern).parts)
        assert not hidden or given["include-hidden-files"] == "true", "hidden files are left out"
        for file in source.glob(pattern):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder)
    if folder.exists():
        artifacts[running.evaluate("github.run_id"), given["name"]] = folder
    return folder.exists() or given["if-no-files-found"] == "ignore"


def _download(given: Inputs, running: "Running") -> bool:
    assert running.job["permissions"]["actions"] == "read"
    assert given["github-token"]
    found = running.repository.artifacts.get((given["run-id"], given["name"]))
    if found:
        shutil.copytree(found, running.repository.checkout.source / given["path"])
    return bool(found)


ACTIONS: dict[str, Callable[[Inputs, "Running"], bool]] = {
    "actions/checkout": _check_out,
    "$/.github/actions/setup": _set_up,
    "azure/login": _sign_in,
    "actions/upload-artifact": _upload,
    "actions/download-artifact": _download,
}
