"""Images in one folder a class, as Keras' and torchvision's loaders read them.

The classes are numbered in the sorted order of the folders' names: keras.utils.image_dataset_from_directory ("class
names ... in alphanumeric order", labels="inferred") and torchvision.datasets.ImageFolder (find_classes: "sorted").
Both look for images at any depth below a class's folder.
"""

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
    return Listing(samples, problems, contents.classes)
