"""The code that a service runs: ``scoring/``, and nothing else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from steps.registration.saved_model import content_hash

ENTRY_SCRIPT = "scoring/score.py"


@contextmanager
def scoring_source(root: Path) -> Iterator[Path]:
    """A folder that holds a copy of ``root / "scoring"`` and nothing else.

    It is always called ``source``: Azure ML puts its name into a variable of the service's environment, and a random
    one would make every deployment a new one.
    """
    with TemporaryDirectory() as work:
        source = Path(work) / "source"
        shutil.copytree(root / "scoring", source / "scoring", ignore=shutil.ignore_patterns("__pycache__"))
        yield source


def scoring_hash(root: Path) -> str:
    """Content hash of the scoring code that a service would run."""
    with scoring_source(root) as source:
        return content_hash(source)
