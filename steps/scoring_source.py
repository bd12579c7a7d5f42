"""The code that a service runs: ``scoring/``, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from steps.folders.source_tree import copy_source, no_source
from steps.folders.tree import LeftOut
from steps.registration.saved_model import content_hash

ENTRY_SCRIPT = "scoring/score.py"


@contextmanager
def scoring_source(root: Path, left_out: LeftOut = no_source) -> Iterator[Path]:
    """A folder that holds a copy of ``root / "scoring"`` and nothing else. ConfigError where it can't be copied.

    It is always called ``source``: Azure ML puts its name into a variable of the service's environment, and a random
    one would make every deployment a new one.
    """
    with TemporaryDirectory() as work:
        source = Path(work) / "source"
        copy_source(root / "scoring", source / "scoring", left_out)
        yield source


def scoring_hash(root: Path) -> str:
    """Content hash of the scoring code that a service would run."""
    with scoring_source(root) as source:
        return content_hash(source)
