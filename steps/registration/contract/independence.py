"""Is a sample's answer its own: the same each time, and whoever else is in the batch?

The service makes one batch of what different callers send: no place for a model that looks at a row's neighbours, as
batch normalisation does where it was exported in training mode (keras.io/api/layers/normalization_layers).
"""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from scoring.model.network import Column
from scoring.tasks.answer import Array
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.opening import Answer, Arrays

APART = 0.01
"""Share of an output's greatest value in the row; how a device adds up, or 16 bits, explain less."""


def check_independence(
    answer: Answer, asked: Sequence[Column], first: Arrays, notes: Notes, *, images: bool, coarse: bool = False
) -> None:
    """`first` is what came back for `asked`, two rows of one and the same sample; `images`: its bytes are encoded ones.

    In a `coarse` graph, of 16 bits or whole numbers, rounding by another order can look the same: it is noted only.
    """
    changing = _differing(first, _ask(answer, lambda: asked))
    steady = {name: array for name, array in first.items() if name not in changing}
    beside = _ask(answer, lambda: [_with_another(column, images) for column in asked])
    behind = _ask(answer, lambda: [_with_another(column, images)[::-1] for column in asked])
    leaning = sorted({*_differing(steady, beside, 0), *_differing(steady, behind, 1)})
    if leaning and (moving := set(leaning) & set(_differing(steady, _ask(answer, lambda: asked)))):
        changing, leaning = sorted({*changing, *moving}), [name for name in leaning if name not in moving]
    if changing:
        notes.warnings.append(
            f"The model answers the same sample otherwise the next time ({', '.join(changing)}): it keeps a state or "
            "draws random numbers. Each replica has a state of its own, which all callers change, and validation may "
            "refuse answers that aren't the SavedModel's."
        )
    if leaning and coarse:
        notes.warnings.append(
            f"What it answers to a sample changes with the others in its batch ({', '.join(leaning)}), perhaps by "
            "rounding to few bits alone. The service makes batches of what different callers send."
        )
    elif leaning:
        notes.stop(
            f"What it answers to a sample depends on the others in its batch ({', '.join(leaning)}), and the service "
            "makes batches of what different callers send.",
            "the outputs",
            "Export a function that answers each row by that row alone: in Keras with training=False, without "
            "statistics over the batch, and with masks where texts or sequences are padded.",
        )


def _ask(answer: Answer, columns: Callable[[], Sequence[Column]]) -> Arrays | None:
    """None where the model refuses them: what was made of the sample may be nothing that it knows."""
    try:
        return answer(columns())
    except Exception:  # noqa: BLE001 -- whatever a model, or the making of its input, has TensorFlow raise
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


def _differing(first: Arrays, second: Arrays | None, *rows: int) -> list[str]:
    """Outputs of which one of the `rows`, by default all, is another in the second, as far as both are as long."""
    if second is None:
        return []
    return [name for name, array in sorted(first.items()) if not _alike(array, second[name], rows)]


def _alike(one: Array, other: Array, rows: Sequence[int]) -> bool:
    if one.ndim != other.ndim or one.shape[:1] != other.shape[:1]:
        return False
    return all(_same(one[row], other[row]) for row in rows or range(len(one)))


def _same(one: Array, other: Array) -> bool:
    left, right = np.asarray(one), np.asarray(other)
    common = tuple(slice(min(sizes)) for sizes in zip(left.shape, right.shape, strict=True))
    left, right = left[common], right[common]
    if left.dtype.kind not in "fV":  # V: bfloat16
        return bool(np.array_equal(left, right))
    left, right = left.astype(np.float64), right.astype(np.float64)
    return bool((abs(left - right) <= APART * abs(left).max(initial=0)).all())
