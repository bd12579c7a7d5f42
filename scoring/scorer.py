"""Owns the model: load it, try it out, turn the bodies of requests into answers. Knows nothing of HTTP."""

import logging
import os
from collections.abc import Hashable, Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path

import tensorflow as tf
from pydantic import ValidationError

from scoring.batcher import Part
from scoring.contract import FILE, PROBE_FILE, Contract, read_contract
from scoring.errors import ModelFailedError, RefusedInputError, RequestError, StartupError
from scoring.inputs.examples import Column, Examples, calls, gather, packs, pad
from scoring.inputs.image import undecoded
from scoring.inputs.reader import IMAGES, open_reader
from scoring.inputs.values import describe
from scoring.isolation import Room, answer_each
from scoring.model.frozen_graph import has_frozen_graph
from scoring.model.gpu.devices import prepare_gpus
from scoring.model.network import open_network
from scoring.model.precision import cpu_flags, resolve_precision
from scoring.model.signature import default_contract
from scoring.settings import ServiceSettings
from scoring.tasks import READINGS
from scoring.tasks.answer import Answer, Answers, Array
from scoring.trial import real_probe, reason, warm_up

# The inference server gives handlers to its own logger's children only, so `__name__` would write nowhere.
logger = logging.getLogger("azmlinfsrv.scorer")

MOST_READ = 2**25
"""Bytes of bodies that are read for one batch: of JPEG decoded in some 0.4 s, of JSON in 1.3 s."""

MOST_PLACES = 10
"""Of rows that a message names."""


class Scorer:
    """A SavedModel that is ready to answer; constructing one loads, checks and warms it up.

    `device` is where the outputs were really computed, such as "GPU:0"; `precision` what they were computed in.
    Several threads may ask it at once; `settings.lanes` says how many. Without a contract, the model is served by what
    its signature tells. `probe` is the body of a request that the model answers. With `frozen=False` the frozen graph
    that the SavedModel may carry is left alone.
    """

    def __init__(
        self,
        saved_model: Path,
        contract: Contract | None = None,
        settings: ServiceSettings = ServiceSettings(),  # noqa: B008 -- frozen
        *,
        probe: bytes | None = None,
        frozen: bool = True,
    ) -> None:
        gpu = prepare_gpus(settings.require_gpu)
        self.contract = contract or default_contract(saved_model)
        self.reader = open_reader(self.contract, settings)
        self._reading = READINGS[self.contract.task.kind]
        frozen = frozen and has_frozen_graph(saved_model)
        if settings.xla and not frozen:
            raise StartupError("SCORING_XLA=1 needs the frozen graph, which this model has none of.")
        if settings.xla:
            _check_compilable(self.contract)
        self.precision = resolve_precision(settings.precision, frozen=frozen, gpu=gpu, cpu_flags=cpu_flags())
        # As many callers as cores keep them busy by themselves.
        busy = frozen and not gpu and settings.lanes >= (os.cpu_count() or 1)
        self._network = open_network(
            saved_model, self.contract, self.precision, xla=settings.xla, gpu=gpu, own_thread=busy, frozen=frozen
        )
        self._max_batch = settings.max_batch
        self._room = Room(settings.max_batch)
        # Each new batch size costs XLA a compilation and cuDNN a search for algorithms; on a CPU it costs nothing.
        self._padded = gpu or settings.xla
        self._sizes = batch_sizes(self._max_batch if self._padded else min(2, self._max_batch))
        real = None if probe is None else real_probe(self.reader, probe)
        self.device = warm_up(self._network, self.contract, self._sizes, real)
        if settings.require_gpu and not self.device.startswith("GPU"):
            raise StartupError(f"SCORING_REQUIRE_GPU=1, but TensorFlow ran the model on {self.device}.")

    def score(self, bodies: Sequence[bytes]) -> list[Answer | RequestError]:
        """Answer each request; one that can't be read or answered gets its error and costs the others little."""
        results: list[Answer | RequestError] = []
        while len(results) < len(bodies):
            parts = self.answer(bodies[len(results) :])
            results += [result for _, result in sorted(chain.from_iterable(parts), key=itemgetter(0))]
        return results

    def answer(self, bodies: Sequence[bytes]) -> Iterator[Part]:
        """As batcher.Score: answer the first requests, as many as fill a batch with their rows, call by call."""
        read = self._read_batch(bodies)
        if errors := [(place, one) for place, one in enumerate(read) if isinstance(one, RequestError)]:
            yield errors
        groups: dict[Hashable, list[tuple[int, Examples]]] = {}
        for place, one in enumerate(read):
            if isinstance(one, Examples):
                groups.setdefault(one.shapes, []).append((place, one))
        for group in groups.values():
            places = iter([place for place, _ in group])
            for pack in packs([one for _, one in group], self._largest(group[0][1])):
                yield list(zip(islice(places, len(pack)), self._answer_pack(pack), strict=True))

    def predict(self, bodies: Sequence[bytes]) -> list[Answer]:
        """Answer all requests, in their order, or raise the first RequestError."""
        answers = []
        for result in self.score(bodies):
            if isinstance(result, RequestError):
                raise result
            answers.append(result)
        return answers

    def _largest(self, one: Examples) -> int:
        """Most rows of such shapes in one call, those included that it is filled up with."""
        most = min(self._room.rows, one.together or self._max_batch)
        return max(size for size in self._sizes if size <= most) if self._padded else most

    def _read_batch(self, bodies: Sequence[bytes]) -> list[Examples | RequestError]:
        """The first requests, up to the one whose rows, or what they cost, fill a batch; refusals have a cost, too."""
        read: list[Examples | RequestError] = []
        rows, share = 0, 0.0
        for body in bodies:
            one = self._read(body)
            read.append(one)
            rows += one.rows if isinstance(one, Examples) else 0
            share += max(one.share, len(body) / MOST_READ)
            if rows >= self._max_batch or share >= 1:
                break
        return read

    def _read(self, body: bytes) -> Examples | RequestError:
        try:
            return self.reader.read(body)
        except RequestError as error:
            return error.bare()
        except Exception:
            logger.exception("A request of %d bytes couldn't be read", len(body))
            return ModelFailedError(ModelFailedError.IN_THE_LOG)

    def _answer_pack(self, pack: Sequence[Examples]) -> list[Answer | RequestError]:
        """One result a request; all of them have equal shapes.

        An image that can't be decoded fails its call before the network has run, so it costs the others little.
        """
        images = self.contract.input.kind in IMAGES
        return answer_each(pack, self._answer_together, self._refused, free=images, room=self._room)

    def _answer_together(self, pack: Sequence[Examples]) -> list[Answer | RequestError]:
        """Raises what TensorFlow raises; ModelFailedError where it doesn't give one row for each."""
        rows = self._rows(pack)
        return [_result(rows, request) for request in pack]

    def _rows(self, pack: Sequence[Examples]) -> Iterator[Answer]:
        """One answer a row."""
        columns, total = gather(pack), sum([request.rows for request in pack])
        most = self._room.rows
        if total <= most:
            return iter(self._answers(columns, total))
        return chain.from_iterable([self._answers(part, rows) for part, rows in calls(columns, total, most)])

    def _answers(self, columns: Sequence[Column], rows: int) -> list[Answer]:
        arrays = self._call(columns, rows)
        if any(array.ndim == 0 or len(array) < rows for array in arrays):
            logger.error("The model gave %s for %d rows", ", ".join(str(array.shape) for array in arrays), rows)
            raise ModelFailedError("The model didn't give one answer for each input.")
        return self._reading.answers(self.contract.task, [array[:rows] for array in arrays])

    def _call(self, columns: Sequence[Column], rows: int) -> Sequence[Array]:
        size = next((size for size in self._sizes if size >= rows), rows) if self._padded else rows
        return self._network.call(pad(columns, rows, size))

    def _refused(self, one: Examples, error: tf.errors.InvalidArgumentError) -> RequestError:
        logger.info("The model refused an input: %s", reason(error))
        if self.contract.input.kind in IMAGES:
            return undecoded(one.columns[0][0])
        return RefusedInputError(f"The model refuses these values: {reason(error)}.")


def open_scorer(folder: Path, settings: ServiceSettings) -> Scorer:
    """The registered version in `folder`, which holds model/, or the SavedModel in it. StartupError as Scorer."""
    saved_model = folder / "model" if (folder / "model").is_dir() else folder
    if saved_model.name != "model":
        return Scorer(saved_model, None, settings)
    probe = saved_model.parent / PROBE_FILE
    return Scorer(
        saved_model,
        _read_contract(saved_model.parent),
        settings,
        probe=probe.read_bytes() if probe.is_file() else None,
    )


def _read_contract(version: Path) -> Contract | None:
    try:
        return read_contract(version)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in error.errors()]
        raise StartupError(f"{version / FILE} is damaged: {'; '.join(faults)}") from error


def _check_compilable(contract: Contract) -> None:
    """StartupError where XLA, which compiles for each shape, would do so whenever a client sends a new one."""
    form = contract.input
    if form.free:
        mend = "say the size that images are resized to" if form.kind in IMAGES else "export the model with fixed sizes"
        raise StartupError(
            "SCORING_XLA=1 would compile the model for every shape that is sent, since "
            f"{describe(form.free[0])} has free dimensions: {mend}, or set scoring.xla to false."
        )


def batch_sizes(largest: int) -> tuple[int, ...]:
    """The powers of two below `largest`, and `largest`."""
    return (*(2**power for power in range(largest.bit_length()) if 2**power < largest), largest)


def _result(rows: Iterator[Answer], request: Examples) -> Answer | RequestError:
    """The request's next rows as its answer; JSON has no form for a number that isn't finite."""
    if request.form is None:
        answer = next(rows)
        return answer if answer.is_finite else _not_finite([answer])
    answers = Answers(list(islice(rows, request.rows)), request.form)
    return answers if answers.is_finite else _not_finite(answers.rows)


def _not_finite(rows: Sequence[Answer]) -> ModelFailedError:
    """Which of several rows, the first few by their places from 0: without them the others would be answered."""
    places = [place for place, row in enumerate(rows) if not row.is_finite] if len(rows) > 1 else []
    named = ", ".join(map(str, places[:MOST_PLACES])) + (", …" if len(places) > MOST_PLACES else "")
    which = f" in place {named} of {len(rows)} (the first is 0)" if places else ""
    return ModelFailedError(f"The model gave no finite numbers for this input{which}.")
