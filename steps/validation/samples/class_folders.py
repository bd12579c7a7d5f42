"""Images in one folder a class, as Keras' and torchvision's loaders read them.

The classes are numbered in the sorted order of the folders' names: keras.utils.image_dataset_from_directory ("class
names ... in alphanumeric order", labels="inferred") and torchvision.datasets.ImageFolder (find_classes: "sorted").
Both look for images at any depth below a class's folder.
"""

from pathlib import Path

from steps.validation.samples.sample import Listed, Listing

TAKEN = {".jpg", ".jpeg", ".png"}
OTHER_IMAGES = {".bmp", ".gif", ".pgm", ".ppm", ".tif", ".tiff", ".webp"}
"""What one of the two loaders reads besides, and the service doesn't."""


def class_names(folder: Path) -> list[str]:
    """Names of the classes' folders, sorted; folders whose name begins with a dot are none."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def list_folders(folder: Path) -> Listing:
    """The images below each class's folder."""
    samples, problems, names = [], [], class_names(folder)
    for name in names:
        for path in sorted((folder / name).rglob("*")):
            suffix, inside = path.suffix.lower(), path.relative_to(folder).as_posix()
            if suffix in TAKEN and path.is_file():
                samples.append(Listed(f"{folder.name}/{inside}", inside, {"label": name}))
            elif suffix in OTHER_IMAGES:
                problems.append(f"{folder.name}/{inside}: the service takes JPEG and PNG: convert it, or remove it")
    return Listing(samples, problems, names)
