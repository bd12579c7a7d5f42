"""What the SDK would upload as the snapshot of the repository, asked of the SDK itself."""

import shutil
from pathlib import Path

from azureml._base_sdk_common.merkle_tree import DirTreeNode, create_merkletree
from azureml._project.ignore_file import get_project_ignore_file

REPOSITORY = Path(__file__).parents[2]
LEFT_OUT = [
    ".venv/x.py",
    ".git/config",
    ".amlgpu/keys.json",
    "sample/model/saved_model.pb",
    "emulator/x.py",
    "setup.py",
]
TAKEN = [
    "config/services/digits.yml",
    "config/targets/dev.yml",
    "scoring/environment/pip.yml",
    "scoring/score.py",
    "steps/artifacts/candidate.py",
    "workspaces/v1/runs.py",
]


def files(node: DirTreeNode, prefix: str = "") -> list[str]:
    if node.is_file():
        return [prefix + node.name]
    folder = f"{prefix}{node.name}/" if node.name else prefix
    return [file for child in node.children for file in files(child, folder)]


def test_snapshot_holds_what_the_steps_need_and_nothing_else(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / ".amlignore", tmp_path)
    for name in [*TAKEN, *LEFT_OUT, "config/__pycache__/x.cpython-311.pyc", "steps/notes/config"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    tree = create_merkletree(str(tmp_path), get_project_ignore_file(str(tmp_path)).is_file_excluded)
    assert files(tree) == sorted([*TAKEN, "steps/notes/config"])
