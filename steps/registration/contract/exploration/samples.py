"""The labelled samples that settings are tried on: a few of the validation data, by the task that they are read for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.errors import ModelError
from scoring.contract import Contract
from steps.registration.contract import validation as data
from steps.registration.contract.inference.notes import Notes
from steps.validation.samples.contents import Contents, contents_of
from steps.validation.samples.sample import Sample
from steps.validation.samples.summary import Labels, summary

COUNT = 100


@dataclass
class Samples:
    """What lies in a folder of validation data; nothing where there is no folder."""

    contents: Contents | None = None
    of_json: bool | None = None
    """Whether they are JSON or images; None: there are none."""
    labels: Labels | None = None
    names: tuple[str, ...] = ()
    """Of the classes, sorted; empty where they have numbers, or there are none."""
    count: int = 0
    """All that there are."""
    broken: dict[str, str] = field(default_factory=dict)
    """Of those that were read, what is wrong with each image that can't be decoded: it says nothing of the model."""
    _read: dict[str, Sequence[Sample]] = field(default_factory=dict)

    def of(self, contract: Contract) -> Sequence[Sample]:
        """At most COUNT, chosen at random but always the same; none where their labels aren't of the task."""
        if self.contents is None:
            return ()
        key = contract.input.kind + contract.task.model_dump_json()
        if key not in self._read:
            found = data.labelled(self.contents, contract, COUNT)
            self.broken |= data.broken_images(self.contents, contract, [one.name for one in found])
            self._read[key] = [one for one in found if one.name not in self.broken]
        return self._read[key]

    def first(self, contract: Contract) -> tuple[str, bytes] | None:
        """Name of the first and the body that asks about it; None where there is none, or it can't be read."""
        return data.first_request(self.contents, contract, Notes()) if self.contents else None


def read_samples(folder: Path | None) -> Samples:
    """What lies in ``folder``; nothing where that is no validation data, of which look() says why."""
    if folder is None:
        return Samples()
    try:
        contents = contents_of(folder)
        found = summary(contents)
    except ModelError:
        return Samples()
    return Samples(contents, found.layout == "JSON lines", found.labels, found.names, found.count)
