"""What a folder, or file, that was called a SavedModel really is."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from steps.folders.stored_names import unstorable
from steps.folders.tree import read_tree, shown
from steps.registration.contract.findings import Obstacle

FILE = "saved_model.pb"
INDEX = Path("variables", "variables.index")
DEEPEST, MOST, SHOWN = 3, 1000, 5
"""How far below a folder SavedModels are looked for, how many are looked at, and how many named."""
LFS = b"version https://git-lfs"
EXPORT = 'In Python: keras.models.load_model("{name}").export("DIR"); then give DIR.'
ONNX = "Convert it: `onnx2tf -i {name} -o DIR -osd`; then give DIR."
TORCH = 'In Python: torch.onnx.export(model, sample, "model.onnx"). Then `onnx2tf -i model.onnx -o DIR -osd`; give DIR.'
FORMATS = {
    ".keras": ("a Keras model", EXPORT),
    ".h5": ("a Keras model", EXPORT),
    ".hdf5": ("a Keras model", EXPORT),
    ".tflite": ("a TensorFlow Lite model", "Export the model that it was converted from: model.export(DIR)."),
    ".onnx": ("an ONNX model", ONNX),
    ".pt": ("a PyTorch model", TORCH),
    ".pth": ("a PyTorch model", TORCH),
    ".safetensors": ("a file of weights", "Load them into their model and export it: model.export(DIR)."),
    ".zip": ("an archive", "Unpack it, and give the folder in it that holds saved_model.pb."),
    ".gz": ("an archive", "Unpack it, and give the folder in it that holds saved_model.pb."),
    ".tar": ("an archive", "Unpack it, and give the folder in it that holds saved_model.pb."),
    ".pb": (
        "a graph alone (frozen, perhaps)",
        "Export the model that it was frozen from, or save it with tf.compat.v1.saved_model.simple_save.",
    ),
    ".pbtxt": ("a graph as text", "Load and save it: tf.saved_model.save(tf.saved_model.load(DIR), OTHER)."),
}
LOAD = "Build the model, load them (model.load_weights, tf.train.Checkpoint(model).restore), model.export(DIR)."
SAVE = "Give the folder that model.export(DIR) or tf.saved_model.save(module, DIR, signatures=…) wrote."


def find_obstacle(path: Path) -> Obstacle | None:
    """Why `path` is no SavedModel, from the names of its files; None where it seems to be one."""
    try:
        return _obstacle(path)
    except OSError as error:
        what = f"It can't be read: {error.strerror}."
        return Obstacle(what=what, where=str(error.filename or path), mend="Let yourself read it (chmod).")


def _obstacle(path: Path) -> Obstacle | None:
    if not path.exists():
        return Obstacle(what="There is no such folder.", where=str(path), mend=SAVE)
    if path.name == FILE:
        return Obstacle(what="It is a file of a SavedModel.", where=str(path), mend=f"Give its folder: {path.parent}")
    if path.is_file():
        return _of_file(path, path) or Obstacle(what="It is a file, not a folder.", where=str(path), mend=SAVE)
    if (path / FILE).is_file():
        return _of_saved_model(path)
    return next(_of_folder(path))


def find_missing_variables(saved_model: Path) -> Obstacle | None:
    """What is missing of the variables, to be asked where the graph has some."""
    if not (saved_model / INDEX).is_file():
        return _incomplete(saved_model, f"the graph has variables, but there is no {INDEX}")
    shards = sorted(path.name for path in (saved_model / INDEX).parent.glob("variables.data-*-of-*"))
    total = int(shards[0].rpartition("-")[2]) if shards else 1
    if len(shards) < total:
        return _incomplete(saved_model, f"{len(shards)} of {total} files variables/variables.data-… are there")
    return None


def _of_saved_model(path: Path) -> Obstacle | None:
    with (path / FILE).open("rb") as file:
        if file.read(len(LFS)) == LFS:
            what = "saved_model.pb is a pointer of Git LFS, not the file itself."
            return Obstacle(what=what, where=str(path / FILE), mend="Fetch the files: git lfs pull")
    return _of_names(path)


def _of_names(path: Path) -> Obstacle | None:
    """A file that can't be uploaded."""
    tree = read_tree(path)
    if problem := next(iter(tree.problems), None):
        return Obstacle(what=f"{shown(problem.name)} {problem.what}.", where=str(path), mend=_sentence(problem.mend))
    if clause := next(unstorable(tree.files), None):
        what, _, mend = clause.rpartition(": ")
        return Obstacle(what=_sentence(what), where=str(path), mend=_sentence(mend))
    return None


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."


def _of_folder(path: Path) -> Iterator[Obstacle]:
    """The likeliest first; there is always one."""
    names = {child.name for child in path.iterdir()}
    inside = _saved_models_below(path)
    if inside:
        several, below = len(inside) > 1, " and ".join(inside[-SHOWN:])
        what = f"It has no saved_model.pb itself; below it {below} {'have' if several else 'has'} one."
        which = "one of them, such as" if several else "that folder:"
        yield Obstacle(what=what, where=str(path), mend=f"Give {which} {path / inside[-1]}")
    if "saved_model.pbtxt" in names:
        yield _foreign(path, "saved_model.pbtxt", ".pbtxt")
    if "variables" in names:
        yield _incomplete(path, "it has variables, but no saved_model.pb")
    if {"config.json", "model.weights.h5"} <= names:
        mend = "Zip the three files to model.keras. " + EXPORT.format(name="model.keras")
        yield Obstacle(what="It is an unpacked .keras file.", where=str(path), mend=mend)
    for child in sorted(path.iterdir()):
        if child.is_file() and (found := _of_file(path, child)):
            yield found
    if "checkpoint" in names or any(name.endswith(".index") or ".ckpt" in name for name in names):
        yield Obstacle(what="It is a checkpoint: weights without their model.", where=str(path), mend=LOAD)
    content = f"it holds {', '.join(sorted(names)[:5])}" if names else "it is empty"
    yield Obstacle(what=f"There is no saved_model.pb in it: {content}.", where=str(path), mend=SAVE)


def _saved_models_below(path: Path) -> list[str]:
    """Folders of SavedModels at the least depth that has some; version numbers, as TensorFlow Serving's, in order."""
    level = [path]
    for _ in range(DEEPEST):
        level = list(islice((child for folder in level for child in _folders(folder)), MOST))
        if inside := [folder.relative_to(path).as_posix() for folder in level if (folder / FILE).is_file()]:
            return sorted(inside, key=_by_number)
    return []


def _folders(path: Path) -> Iterator[Path]:
    try:
        yield from (child for child in path.iterdir() if child.is_dir())
    except OSError:  # not ours to look into
        return


def _by_number(name: str) -> list[tuple[int, str]]:
    """Sorts 9 before 10."""
    return [(len(part) if part.isdecimal() else 0, part) for part in name.split("/")]


def _of_file(path: Path, file: Path) -> Obstacle | None:
    suffix = file.suffix.lower()
    if file.name.endswith(".weights.h5"):
        return Obstacle(what=f"{file.name} holds weights without their model.", where=str(path), mend=LOAD)
    return _foreign(path, file.name, suffix) if suffix in FORMATS else None


def _foreign(path: Path, name: str, suffix: str) -> Obstacle:
    format_, mend = FORMATS[suffix]
    return Obstacle(what=f"{name} is {format_}, not a SavedModel.", where=str(path), mend=mend.replace("{name}", name))


def _incomplete(path: Path, how: str) -> Obstacle:
    return Obstacle(
        what=f"The copy is incomplete: {how}.",
        where=str(path),
        mend="Copy the whole folder again: saved_model.pb, variables/ and assets/.",
    )
