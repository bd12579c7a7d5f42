"""What a start-up tries a model on before any request comes: whether it answers, soundly, and where it runs."""

import logging
from collections.abc import Sequence

import tensorflow as tf

from scoring.contract import PROBE_FILE, Contract
from scoring.errors import RequestError, StartupError
from scoring.inputs.examples import Examples, pad
from scoring.inputs.probe import Probe, probes
from scoring.inputs.reader import IMAGES, Reader
from scoring.model.network import Network
from scoring.tasks import READINGS
from scoring.tasks.answer import Array

UNKNOWN_DEVICE = "unknown"

logger = logging.getLogger("azmlinfsrv.trial")


def real_probe(reader: Reader, body: bytes) -> Probe:
    """The first row of a request that is known to be good. StartupError where it isn't one for this model."""
    try:
        reader.check(body)
        examples = reader.read(body)
    except RequestError as error:
        raise StartupError(f"The version's file {PROBE_FILE!r} is no request for this model: {error}") from error
    return Probe(Examples([column[:1] for column in examples.columns], 1, ()), f"the version's file {PROBE_FILE!r}")


def warm_up(network: Network, contract: Contract, sizes: Sequence[int], real: Probe | None) -> str:
    """Call the model with batches of all sizes; the device that did it. StartupError where the outputs aren't sound.

    What was made up for tensors or texts may not suit a model that is sound: such a failure is logged alone.
    """
    device, refusals = UNKNOWN_DEVICE, []
    for probe in probes(contract) if real is None else [real]:
        try:
            device = network.device(probe.examples.columns)
            if _is_answered(network, contract, sizes, probe):
                return device
            refusals.append(f"The model gave no finite numbers for {probe.name}.")
        except tf.errors.OpError as error:  # noqa: PERF203 -- one start-up
            refusals.append(f"The model failed on {probe.name}: {reason(error)}")
            if not isinstance(error, tf.errors.InvalidArgumentError):
                raise StartupError(refusals[-1]) from error
    if real is not None or contract.input.kind in IMAGES:
        raise StartupError(refusals[0])
    logger.warning("%s No better input is known, so the model starts untried.", refusals[0])
    return device


def _is_answered(network: Network, contract: Contract, sizes: Sequence[int], probe: Probe) -> bool:
    """Whether all numbers are finite. Raises what TensorFlow raises; StartupError for outputs of another form."""
    for size in sizes:
        arrays = network.call(pad(probe.examples.columns, 1, size))
        for name, array in zip(network.outputs, arrays, strict=True):
            _check_rows(name, array, size)
    reading = READINGS[contract.task.kind]
    reading.check(contract.task, arrays)
    return all(answer.is_finite for answer in reading.answers(contract.task, arrays))


def _check_rows(name: str, array: Array, size: int) -> None:
    if array.ndim == 0 or len(array) != size:
        found = len(array) if array.ndim else "no"
        raise StartupError(f"Output {name!r} has {found} rows for {size} inputs instead of one each.")


def reason(error: tf.errors.OpError) -> str:
    """TensorFlow's own sentence, without the names of graph nodes around it."""
    lines = [line.strip() for line in error.message.splitlines() if line.strip() and "{{node" not in line]
    said = [line for line in lines if not line.startswith(("[[", "Hint: "))]
    return str((said or lines or [error.message])[-1])
