"""Reads validation data in any of its three layouts, by what the contract says that a model takes and answers."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import JsonValue

from config.errors import ModelError
from scoring.contract import Contract
from steps.validation.samples import class_folders, json_lines, labels_file
from steps.validation.samples.bodies import Bodies
from steps.validation.samples.classes import names_problem
from steps.validation.samples.contents import Contents, contents_of
from steps.validation.samples.rows import example_line
from steps.validation.samples.sample import Listed, Listing, Sample
from steps.validation.samples.truths import Read, classes_of, reader_of, unordered_names

SEED = 20
SHOWN_PROBLEMS = 10
SHOWN_FOLDERS = 5
PARTS = ("train", "training", "test", "testing", "val", "valid", "validation")
"""Folders that hold classes, rather than being some."""
JSON_INPUTS = ("tensors", "text")
WITHOUT_CLASS = ("multilabel", "regression", "tensors")
"""Tasks whose truth isn't one class a sample."""
LINE = re.compile(r" line \d+$")
T = TypeVar("T")
Layout = Literal["labels.csv", "class folders", "JSON lines"]


@dataclass(frozen=True)
class Understood:
    """The samples with their truths, and one line for each that has none."""

    samples: Sequence[tuple[Listed, JsonValue]]
    problems: Sequence[str]


@dataclass(frozen=True)
class Wrong:
    """In place of a truth: why there is none."""

    problem: str


def load(data: Path | Contents, contract: Contract | None, count: int) -> list[Sample]:
    """``count`` samples, or all when it is 0 or more than there are; images are read when they are asked for.

    The choice is the same for the same folder, whatever the machine: two runs can be compared. ModelError names file
    and line of what is wrong, all of it at once.
    """
    contents = contents_of(data)
    understood = understand(contents.folder, list_samples(contents, contract), contract)
    if understood.problems:
        raise ModelError(shortened(understood.problems))
    chosen, bodies = choose(understood.samples, count), Bodies(contents)
    for listed, _ in chosen:
        bodies.check(listed.name)
    return [Sample(listed.name, partial(bodies.read, listed.name), truth) for listed, truth in chosen]


def choose(samples: Sequence[T], count: int) -> Sequence[T]:
    """``count`` of them, the same each time; all when it is 0 or more than there are."""
    if 0 < count < len(samples):
        return random.Random(SEED).sample(samples, count)  # noqa: S311 -- a choice of samples, not a secret
    return samples


def layout_of(data: Path | Contents) -> Layout:
    """How the samples lie in the folder. ModelError, with what may lie there, when they don't."""
    contents = contents_of(data)
    folder = contents.folder
    if not folder.is_dir():
        raise ModelError(f"{folder.name}: no such folder of validation data")
    if (folder / labels_file.FILE).exists():
        return "labels.csv"
    if any(folder.glob(json_lines.PATTERN)):
        return "JSON lines"
    if contents.classes:
        return "class folders"
    raise ModelError(
        f"{folder.name}: no {labels_file.FILE} in it, no folder for each class and no *.jsonl: beside "
        f"images, write a {labels_file.FILE} with the header {labels_file.HEADER}"
    )


def list_samples(data: Path | Contents, contract: Contract | None) -> Listing:
    """What the folder lists.

    ModelError when something in it can't be taken, its layout isn't one for what the model takes, or nothing is listed.
    """
    contents = contents_of(data)
    if contents.problems:
        raise ModelError("\n".join(contents.problems))
    folder, layout, kind = contents.folder, layout_of(contents), contract.input.kind if contract else "jpeg"
    if kind in JSON_INPUTS and layout != "JSON lines":
        raise ModelError(
            f"{folder.name}: the model takes {kind}, so its samples are lines of a samples.jsonl, not {layout}: "
            'write {"input": …, "label": …} a line'
        )
    if kind not in JSON_INPUTS and layout == "JSON lines":
        raise ModelError(f"{folder.name}: the model takes images, not JSON: put a {labels_file.FILE} beside them")
    listing = list_layout(contents, layout, example_line(contract) if contract else json_lines.EXAMPLE)
    if not listing.samples and not listing.problems:
        raise ModelError(f"{folder.name}: no sample in it: {_where_to_put(layout)}")
    return listing


def list_layout(contents: Contents, layout: Layout, example: str = json_lines.EXAMPLE) -> Listing:
    """What a folder of this layout lists; ``example`` is a line of JSON lines in the model's form."""
    if layout == "labels.csv":
        return labels_file.list_labels(contents)
    return json_lines.list_lines(contents, example) if layout == "JSON lines" else class_folders.list_folders(contents)


def understand(folder: Path, listing: Listing, contract: Contract | None) -> Understood:
    """The truth of each sample, or why it has none."""
    task = contract.task if contract else None
    problems = [*listing.problems, *_of_folders(folder, listing, contract), *_of_names(folder, listing, contract)]
    if len(problems) > len(listing.problems):
        return Understood([], problems)  # each sample would say the same
    read = reader_of(task, listing.folders)
    truths = [(listed, _truth(read, listed)) for listed in listing.samples]
    wrong = [truth.problem for _, truth in truths if isinstance(truth, Wrong)]
    return Understood([(listed, truth) for listed, truth in truths if not isinstance(truth, Wrong)], problems + wrong)


def _truth(read: Read, listed: Listed) -> "JsonValue | Wrong":
    try:
        return read(listed.said)
    except ValueError as error:
        return Wrong(f"{listed.where}: {error}")


def _of_folders(folder: Path, listing: Listing, contract: Contract | None) -> list[str]:
    """Why folders can't name this task's classes; empty where they can, or there are none."""
    if not listing.folders or contract is None:
        return []
    task, names = contract.task, len(listing.folders)
    if task.kind in WITHOUT_CLASS:
        said = f"{folder.name}: one folder a class says one class of each image, and the task is {task.kind}"
        return [f"{said}: write a {labels_file.FILE} instead"]
    count = classes_of(task).count
    if task.labels or count in (None, names):
        return []
    shown = ", ".join([*listing.folders[:SHOWN_FOLDERS], *(["…"] if names > SHOWN_FOLDERS else [])])
    said = f"{folder.name}: {names} folder{'s' * (names > 1)} ({shown}), but the model has {count} classes"
    if count is not None and names > count:
        return [f"{said}: each folder counts as a class: take out those that are none"]
    if parts := [name for name in listing.folders if name.lower() in PARTS]:
        return [f"{said}: give the folder that holds the classes, such as {folder.name}/{parts[-1]}"]
    # Which class each folder is can't be told by their order alone.
    return [f"{said}: write the names of all {count}, in the model's order, into a file and name it in task.labels"]


def _of_names(folder: Path, listing: Listing, contract: Contract | None) -> list[str]:
    """Why names beside the samples can't name this task's classes: one line in place of one for each sample."""
    if listing.folders or contract is None:
        return []
    names = unordered_names(contract.task, (listed.said for listed in listing.samples))
    return [f"{folder.name}: {names_problem(names, classes_of(contract.task).count)}"] if names else []


def shortened(problems: Sequence[str]) -> str:
    """The first problems, a line each, and how many more there are; what many lines of a file have in common, once."""
    alike: dict[str, list[str]] = {}
    for problem in problems:
        where, colon, what = problem.partition(": ")
        alike.setdefault(what if colon and LINE.search(where) else problem, []).append(problem)
    told = [f"{same[0]}{f' ({len(same)} lines)' if len(same) > 1 else ''}" for same in alike.values()]
    more = sum(len(same) for same in list(alike.values())[SHOWN_PROBLEMS:])
    return "\n".join([*told[:SHOWN_PROBLEMS], *([f"and {more} more"] if more > 0 else [])])


def _where_to_put(layout: Layout) -> str:
    return "put JPEG or PNG images into the classes' folders" if layout == "class folders" else "write one a line"
