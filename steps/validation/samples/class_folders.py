"""Images in one folder a class, as Keras' and torchvision's loaders read them.

The classes are numbered in the sorted order of the folders' names: keras.utils.image_dataset_from_directory ("class
names ... in alphanumeric order", labels="inferred") and torchvision.datasets.ImageFolder (find_classes: "sorted").
Both look for images at any depth below a class's folder.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from steps.validation.samples.contents import Contents, is_hidden
from steps.validation.samples.sample import Listed, Listing

TAKEN = {".jpg", ".jpeg", ".png"}
OTHER_IMAGES = {".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp"}
"""What one of the two loaders reads besides, and the service doesn't."""


def list_folders(contents: Contents) -> Listing:
    """The images below each class's folder."""
    samples, problems, called = [], [], contents.folder.name
    said = {name: {"label": name} for name in contents.classes}
    for path in sorted(map(PurePosixPath, contents.sizes)):
        if len(path.parts) == 1 or path.parts[0] not in said or is_hidden(path.name):
            continue
        suffix, inside = path.suffix.lower(), str(path)
        if suffix in TAKEN:
            samples.append(Listed(f"{called}/{inside}", inside, said[path.parts[0]]))
        elif suffix in OTHER_IMAGES:
            problems.append(f"{called}/{inside}: the service takes JPEG and PNG: convert it, or remove it")
    return Listing(samples, [*problems, *_empty(contents, samples, problems)], contents.classes)


def _empty(contents: Contents, samples: Sequence[Listed], problems: Sequence[str]) -> Iterator[str]:
    """Of each class without a sample, where others have some: a datastore knows no empty folder, and counts fewer."""
    called = contents.folder.name
    told = {sample.said["label"] for sample in samples} | {problem.split("/", 2)[1] for problem in problems}
    for name in contents.classes if samples else ():
        if name not in told:
            yield f"{called}/{name}: no JPEG or PNG in it, and each folder is a class: put some there, or remove it"
