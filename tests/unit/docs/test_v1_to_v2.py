"""The target's file that docs/v1-to-v2.md shows."""

import re
import shutil
from pathlib import Path

from config.settings import load_settings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "v1-to-v2.md").read_text(encoding="utf-8")


def test_the_file_of_the_page_reaches_the_same_workspace_by_sdk_v2(tmp_path: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    shutil.copytree(ROOT / "config", tmp_path / "config")
    path = block.splitlines()[0].removeprefix("# ")
    (tmp_path / path).write_text(block, encoding="utf-8")
    environ = {"AMLGPU_CONFIG": str(tmp_path / "config"), "AMLGPU_VALIDATION__LATENCY_P50_MS": "50"}

    before, after = (load_settings(target, environ=environ) for target in ("prod", "prod-v2"))

    assert (before.workspace.sdk, after.workspace.sdk) == ("v1", "v2")
    assert before.workspace.model_copy(update={"sdk": "v2"}) == after.workspace
    assert (before.compute, after.cluster.managed) == (after.compute, True)
