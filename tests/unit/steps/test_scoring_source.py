import shutil
from pathlib import Path

import pytest

from config.errors import ConfigError
from steps.scoring_environment import ROOT
from steps.scoring_source import scoring_hash


def test_the_scoring_hash_is_of_the_code_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scoring", tmp_path / "scoring", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "scoring" / "__pycache__").mkdir()
    (tmp_path / "scoring" / "__pycache__" / "score.pyc").write_bytes(b"x")

    assert scoring_hash(tmp_path) == scoring_hash(ROOT)
    (tmp_path / "scoring" / "score.py").write_text("another")
    assert scoring_hash(tmp_path) != scoring_hash(ROOT)


def test_the_code_is_copied_as_if_nobody_worked_in_it(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scoring", tmp_path / "scoring", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "scoring" / ".#score.py").symlink_to("somebody@host.1234:5678")
    for name in (".score.py.swp", "score.py~", "#score.py#", ".DS_Store", "model/.ipynb_checkpoints/x.py"):
        (tmp_path / "scoring" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "scoring" / name).write_text("half of a line")

    assert scoring_hash(tmp_path) == scoring_hash(ROOT)


def test_a_link_in_the_code_that_leads_out_is_named(tmp_path: Path) -> None:
    (tmp_path / "scoring").mkdir()
    (tmp_path / "scoring" / "shared").symlink_to(ROOT)

    with pytest.raises(ConfigError, match=r"scoring, which is copied: scoring: shared is a link that leads out "):
        scoring_hash(tmp_path)
