"""Labelled images of classes that have numbers, by ``labels.csv``."""

from dataclasses import dataclass
from pathlib import Path

from config.errors import ModelError
from steps.validation.samples.loading import list_samples, load, shortened, understand


@dataclass(frozen=True)
class LabelledImage:
    """One encoded image and its class index."""

    file: str
    image: bytes
    label: int


def load_images(folder: Path, count: int) -> list[LabelledImage]:
    """Read ``count`` labelled images of ``folder``, or all when it is 0 or more than there are."""
    return [LabelledImage(one.name, one.body, int(str(one.truth))) for one in load(folder, None, count)]


def read_labels(folder: Path) -> list[tuple[str, int]]:
    """The rows of labels.csv in ``folder`` as (file, class index)."""
    understood = understand(folder, list_samples(folder, None), None)
    if understood.problems:
        raise ModelError(shortened(understood.problems))
    return [(listed.name, int(str(truth))) for listed, truth in understood.samples]


def read_image(folder: Path, file: str) -> bytes:
    """The bytes of one image listed in labels.csv."""
    try:
        return (folder / file).read_bytes()
    except OSError as error:
        raise ModelError(f"{folder.name}/labels.csv lists {file}, which can't be read: {error.strerror}") from None
