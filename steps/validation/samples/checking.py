"""Everything about validation data that would fail later, said at once, before anything is uploaded."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import JsonValue

from config.errors import ModelError
from scoring.contract import Contract, Input, Tensor
from steps.folders.stored_names import unstorable
from steps.validation.samples import json_lines
from steps.validation.samples.contents import Contents, contents_of
from steps.validation.samples.images import image_problem
from steps.validation.samples.loading import JSON_INPUTS, list_samples, understand
from steps.validation.samples.rows import row_problem
from steps.validation.samples.sample import Listing


def check_samples(data: Path | Contents, contract: Contract | None, minimum: int = 0) -> list[str]:
    """All problems, a line each; empty where there is none.

    What can't be taken, and names that can't be stored; else layout, labels that the model can't give, files that can't
    be read or sent, rows that aren't of the model's shape, and fewer samples than ``minimum``. Needs no TensorFlow.
    """
    try:
        contents = contents_of(data)
        names = [f"{contents.folder.name}: {problem}" for problem in unstorable(contents.sizes)]
        if problems := [*contents.problems, *names]:  # beside which others couldn't be told of
            return problems
        folder, listing = contents.folder, list_samples(contents, contract)
        understood = understand(folder, listing, contract)
        problems = [*understood.problems, *_requests(contents, listing, contract)]
    except ModelError as error:
        return str(error).splitlines()
    count = len(listing.samples)
    if count < minimum and (count or not problems):  # where none can be read, that is all there is to say
        few = f"{count} sample{'' if count == 1 else 's'}, validation.minimum_samples asks for {minimum}"
        problems.append(f"{folder.name}: {few}: add more, or lower it: on fewer the verdict is UNDECIDED")
    return problems


def _requests(contents: Contents, listing: Listing, contract: Contract | None) -> Iterator[str]:
    """A line for each sample that can't be sent, or that the model can't take."""
    folder = contents.folder
    if contract and contract.input.kind in JSON_INPUTS:
        yield from _rows(folder, contract)
        return
    for place, listed in enumerate(listing.samples):
        size = contents.sizes.get(listed.name)
        if problem := image_problem(folder / listed.name, size, decoded=place == 0):
            yield f"{folder.name}/{listed.name}: {problem}"


def _rows(folder: Path, contract: Contract) -> Iterator[str]:
    for path in sorted(folder.glob(json_lines.PATTERN)):
        for line, text in json_lines.read_lines(folder, path):
            try:
                row = json_lines.parse_line(text)["input"]
                problem = row_problem(row, _written(row, contract.input))
            except ValueError:
                continue  # that the line is none was said already
            if problem:
                yield f"{folder.name}/{path.name} line {line}: {problem}"


def _written(row: JsonValue, form: Input) -> Sequence[Tensor]:
    """The tensors as a row writes them: a text of [batch, 1] may stand alone, too."""
    if form.kind == "text" and isinstance(row, str):
        return [form.tensors[0].model_copy(update={"shape": (None,)})]
    return form.tensors
