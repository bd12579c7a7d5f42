"""Is a sample's answer its own: the same each time, and whoever else is in the batch?

The service makes one batch of what different callers send: no place for a model that looks at a row's neighbours, as
batch normalisation does where it was exported in training mode (keras.io/api/layers/normalization_layers).
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from scoring.model.network import Column
from scoring.tasks.answer import Array
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.opening import Answer, Arrays

APART = 0.01
"""Share of an output's greatest value in the row; how a device adds up, or 16 bits, explain less."""


def check_independence(answer: Answer, asked: Sequence[Column], first: Arrays, notes: Notes, *, images: bool) -> None:
    """`first` is what came back for `asked`, rows of one and the same sample; `images`: its bytes are encoded ones."""
    again = _ask(answer, asked)
    if again is not None and (changing := _differing(first, again) or _differing(first, again, 1)):
        notes.warnings.append(
            f"The model answers the same sample otherwise the next time ({', '.join(changing)}): it keeps a state or "
            "draws random numbers. Each replica has a state of its own, which all callers change, and validation may "
            "refuse answers that aren't the SavedModel's."
        )
        return
    beside = _ask(answer, [_with_another(column, images) for column in asked])
    if beside is not None and (leaning := _differing(first, beside)):
        notes.stop(
            f"What it answers to a sample depends on the others in its batch ({', '.join(leaning)}), and the service "
            "makes batches of what different callers send.",
            "the outputs",
            "Export a function that answers each row by that row alone: in Keras with training=False, without "
            "statistics over the batch, and with masks where texts or sequences are padded.",
        )


def _ask(answer: Answer, columns: Sequence[Column]) -> Arrays | None:
    """None where the model refuses them: what was made of the sample may be nothing that it knows."""
    try:
        return answer(columns)
    except Exception:  # noqa: BLE001 -- whatever a model makes TensorFlow raise
        return None


def _with_another(column: Column, images: bool) -> Column:
    """The first row, and one that is unlike it."""
    if isinstance(column, np.ndarray):
        return np.concatenate([column[:1], _unlike(column[:1])])
    return [column[0], _inverted(column[0]) if images else _twice(column[0])]


def _unlike(rows: Array) -> Array:
    """Other values that the model is likely to take: no numbers of words beyond those that it was given."""
    if rows.dtype == object:
        return np.array([_twice(text) for text in rows.ravel()], object).reshape(rows.shape)
    if rows.dtype == bool:
        return ~rows
    if rows.dtype == np.uint8:
        return 255 - rows
    if rows.dtype.kind in "iu":
        return np.where(rows > 0, rows - 1, rows + 1).astype(rows.dtype)
    return (rows / 2 + 1).astype(rows.dtype)


def _inverted(image: bytes) -> bytes:
    encoded: bytes = tf.io.encode_png(255 - tf.io.decode_image(image, expand_animations=False)).numpy()
    return encoded


def _twice(text: bytes) -> bytes:
    return text + b" " + text


def _differing(first: Arrays, second: Arrays, row: int = 0) -> list[str]:
    """Outputs whose `row` of the second isn't the first of the first, as far as both are as long."""
    return [name for name, array in sorted(first.items()) if not _alike(array[:1], second[name][row : row + 1])]


def _alike(one: Array, other: Array) -> bool:
    common = tuple(slice(min(sizes)) for sizes in zip(one.shape, other.shape, strict=True))
    left, right = one[common], other[common]
    if left.dtype.kind not in "fV":  # V: bfloat16
        return np.array_equal(left, right)
    left, right = left.astype(np.float64), right.astype(np.float64)
    return bool((abs(left - right) <= APART * abs(left).max(initial=0)).all())
