import shutil
from pathlib import Path

from steps.scoring_environment import ROOT
from steps.scoring_source import scoring_hash


def test_the_scoring_hash_is_of_the_code_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scoring", tmp_path / "scoring", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "scoring" / "__pycache__").mkdir()
    (tmp_path / "scoring" / "__pycache__" / "score.pyc").write_bytes(b"x")

    assert scoring_hash(tmp_path) == scoring_hash(ROOT)
    (tmp_path / "scoring" / "score.py").write_text("another")
    assert scoring_hash(tmp_path) != scoring_hash(ROOT)
