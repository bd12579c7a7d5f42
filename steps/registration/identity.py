"""What tells one version of a model from another: its content, and the contract that it is served by.

Both are tags, so that they can be asked for without a download. A version of before there were contracts has no tag of
its contract, and is served by scoring.model.signature.default_contract().
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from config.settings import Input, Task
from scoring.contract import Contract
from steps.registration.contract.findings import Wishes

CONTENT = "content_hash"
CONTRACT = "contract_hash"
WISHES = "contract_wishes"
"""Hash of what the settings said about the model: the same said of the same content leads to the same contract."""
LENGTH = 12
UNITS = {"regression": "values", "multilabel": "labels"}
"""What the tag ``classes`` counts, by the task; of all others classes."""


def contract_hash(contract: Contract) -> str:
    """First 12 hexadecimal digits of the SHA-256 of the contract as JSON with sorted keys, without what is by default.

    Registered versions carry the hash: a key that a later version of this project adds must not change it.
    """
    return _hash(contract)


def wishes_hash(wishes: Wishes, labels: Sequence[str]) -> str:
    """The same of the settings' input and task, with the labels themselves in the place of their file's name."""
    return _hash(wishes.input, wishes.task.model_copy(update={"labels": None}), list(labels))


def contract_tags(contract: Contract, classes: int | None, wishes: str) -> dict[str, str]:
    """Tags of a version with this contract; ``classes`` is how many it tells apart, where that is known."""
    tags = {
        CONTRACT: contract_hash(contract),
        WISHES: wishes,
        "input": contract.input.kind,
        "task": contract.task.kind,
        "classes": str(classes) if classes is not None else "",
        "labels_hash": _hash(list(contract.task.labels)) if contract.task.labels else "",
    }
    return {key: value for key, value in tags.items() if value}


def wishes_of(tags: Mapping[str, str]) -> str:
    """What was said about a version with these tags; of one from before there were contracts, nothing."""
    return tags.get(WISHES) or _hash(Input(), Task(), [])


def describe(tags: Mapping[str, str]) -> str | None:
    """The contract of a version with these tags in a few words; None for one from before there were contracts."""
    if CONTRACT not in tags:
        return None
    units = UNITS.get(tags["task"], "classes")
    units = units.removesuffix("es" if units == "classes" else "s") if tags.get("classes") == "1" else units
    classes = f", {tags['classes']} {units}" if "classes" in tags else ""
    labels = f", labels {tags['labels_hash'][:4]}" if "labels_hash" in tags else ""
    return f"{tags['task']} of {tags['input']}{classes}{labels} ({tags[CONTRACT]})"


def _hash(*parts: BaseModel | Sequence[str]) -> str:
    canonical = json.dumps([_plain(part) for part in parts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:LENGTH]


def _plain(part: BaseModel | Sequence[str]) -> object:
    return part.model_dump(mode="json", exclude_defaults=True) if isinstance(part, BaseModel) else part
