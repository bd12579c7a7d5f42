"""How somebody else calls a service: lines to paste, that ask with a key that stands in none of them."""

import ast
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from scoring.contract import Contract, Tensor
from steps.querying.bodies import content_type, takes_json
from steps.querying.client import LOOPBACK

PICTURE = "IMAGE.jpg"
KEY = "SCORING_KEY"
"""The environment variable that the lines take the key from."""
MOST_VALUES = 24
"""Of an example that is written out; a longer one is multiplied by Python."""
URLOPEN = "urllib.request.urlopen"
TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png"}


@dataclass(frozen=True)
class Calling:
    """What to paste into a shell, in this order, and into Python."""

    key: str
    """Puts the key into the shell's environment, where the others find it."""
    curl: str
    python: str
    """A program of the standard library alone."""

    def as_json(self) -> dict[str, str]:
        return vars(self).copy()


def calling(uri: str, contract: Contract | None, key_command: str, picture: str = PICTURE) -> Calling:
    """For the service at `uri`; `key_command` prints its key, `picture` is a file that a service of images is sent.

    The values for a service of JSON are made up, in the names, types and shapes of its inputs: it answers them, but the
    answers mean nothing.
    """
    suffix = picture[picture.rfind(".") :].lower()
    kind = content_type(contract) if takes_json(contract) else TYPES.get(suffix, content_type(contract))
    row = _row(contract) if contract and takes_json(contract) else None
    return Calling(
        key=f'export {KEY}="$({key_command})"',
        curl=_curl(uri, kind, row, picture),
        python=_python(uri, kind, row, picture),
    )


def _curl(uri: str, kind: str, row: str | None, picture: str) -> str:
    direct = "--noproxy '*' " if _is_here(uri) else ""
    options = f'{direct}-H "Authorization: Bearer ${KEY}" -H "Content-Type: {kind}"'
    if row is None:
        return f"curl {options} --data-binary {shlex.quote(f'@{picture}')} {shlex.quote(uri)}"
    if written := _json(row):
        return f"curl {options} -d {shlex.quote(written)} {shlex.quote(uri)}"
    made = f"import json; print(json.dumps({_request(row)}))"
    return f"python3 -c {shlex.quote(made)} | curl {options} -d @- {shlex.quote(uri)}"


def _python(uri: str, kind: str, row: str | None, picture: str) -> str:
    data = f'open({json.dumps(picture)}, "rb").read()' if row is None else f"json.dumps({_request(row)}).encode()"
    # A proxy of the environment leads to other hosts, and would be sent the key.
    opened = "urllib.request.build_opener(urllib.request.ProxyHandler({})).open" if _is_here(uri) else URLOPEN
    return "\n".join(
        (
            "import json",
            "import os",
            "import urllib.request",
            "",
            f"data = {data}",
            f'headers = {{"Authorization": "Bearer " + os.environ["{KEY}"], "Content-Type": "{kind}"}}',
            f"request = urllib.request.Request({json.dumps(uri)}, data, headers)",
            f"with {opened}(request, timeout=60) as answer:",
            "    print(json.load(answer))",
        )
    )


def _is_here(uri: str) -> bool:
    return urlsplit(uri).hostname in LOOPBACK


def _request(row: str) -> str:
    return f'{{"instances": [{row}]}}'


def _json(row: str) -> str:
    """The request as JSON; empty where the row is multiplied."""
    try:
        return json.dumps(ast.literal_eval(_request(row)))
    except ValueError:
        return ""


def _row(contract: Contract) -> str:
    """One row, as a Python expression: the only input's value, or all by name."""
    tensors = contract.input.tensors
    shapes = [tuple(1 if size is None else size for size in tensor.shape[1:]) for tensor in tensors]
    if contract.input.kind == "text":
        return '"some text"'
    values = [_value(tensor, shape) for tensor, shape in zip(tensors, shapes, strict=True)]
    if len(values) == 1:
        return values[0]
    return "{" + ", ".join(f"{json.dumps(one.name)}: {value}" for one, value in zip(tensors, values, strict=True)) + "}"


def _value(tensor: Tensor, shape: Sequence[int]) -> str:
    count = 1
    for size in shape:
        count *= size
    value = {"string": '"text"', "bool": "True"}.get(tensor.dtype, "1" if "int" in tensor.dtype else "0.5")
    for size in reversed(shape):
        value = f"[{', '.join([value] * size)}]" if count <= MOST_VALUES else f"[{value}] * {size}"
    return value
