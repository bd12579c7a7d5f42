"""The model as one function: columns of a batch in, arrays out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from scoring.contract import Contract, Input
from scoring.errors import StartupError
from scoring.model.calling import Function
from scoring.model.frozen_graph import has_frozen_graph, load_frozen_graph
from scoring.model.graph import Names, session_config
from scoring.model.saved_model import load_saved_model
from scoring.model.signature import output_names

Column = Sequence[bytes] | npt.NDArray[Any]
"""One input of a batch of n: encoded images or strings, n of them, or an array [n, ...] of the input's dtype."""


@dataclass(frozen=True)
class Network:
    """`call(columns)` takes one column for each of the contract's inputs, returns an array [n, ...] for each output.

    Raises what TensorFlow raises: InvalidArgumentError for an image that can't be decoded, ValueError for an array
    whose shape isn't the input's. Where images keep their size, those of one call must have the same. May be called by
    several threads at once.
    """

    call: Callable[[Sequence[Column]], Sequence[npt.NDArray[Any]]]
    outputs: tuple[str, ...]
    """The signature's names: of the task's label output where it has one, then of its outputs."""

    device: Callable[[Sequence[Column]], str]
    """Run once and tell where the last output was computed, such as "GPU:0"."""


def open_network(
    saved_model: Path,
    contract: Contract,
    precision: str = "float32",
    *,
    xla: bool = False,
    gpu: bool = False,
    own_thread: bool = False,
    frozen: bool = True,
) -> Network:
    """The frozen graph that `saved_model` may carry, or, where it has none or not `frozen`, the SavedModel itself.

    `precision` is float32, bfloat16 or float16; it, `xla` and `gpu`, whether there is one, are for the frozen graph.
    With `own_thread` the operations of a call run one after the other in the thread that calls, not in TensorFlow's
    pool; what one operation shares out (a convolution, say) it shares out all the same. StartupError when the model
    can't be served.
    """
    if frozen and has_frozen_graph(saved_model):
        graph = load_frozen_graph(saved_model, session_config(precision, xla=xla, optimised=True), gpu=gpu)
        _check(graph.names, contract)
    else:
        graph = load_saved_model(saved_model, contract, session_config())
    function = Function(graph)

    def call(columns: Sequence[Column]) -> list[npt.NDArray[Any]]:
        # One row gives the operations' thread pool nothing to share out: the caller's own saves the handing over.
        return function(columns, own_thread=own_thread or len(columns[0]) == 1)

    return Network(call, graph.names.outputs, graph.device)


def _check(names: Names, contract: Contract) -> None:
    """Fail closed where the frozen graph was made for another contract: it would decode or answer by that one."""
    asked = output_names(contract)
    if names.outputs != asked:
        raise StartupError(
            f"The frozen graph answers {', '.join(names.outputs)}, the contract asks for {', '.join(asked)}: "
            "register the model again."
        )
    if names.form and Input.model_validate_json(names.form) != contract.input:
        raise StartupError("The frozen graph takes another input than the contract says: register the model again.")
