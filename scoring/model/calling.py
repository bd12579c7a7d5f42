"""A graph as a function, without most of what TensorFlow's Session.run() does in Python for each call.

It looks each tensor up by its name, and takes a lock that all calls share: 0.15 ms, in which no other thread has
Python's interpreter. Session.make_callable() does the same wherever values are fed. Here all that is found once, by
what run() itself is made of in tensorflow/python/client/session.py, which has no public names (tried: 2.19.1 and 2.21).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from scoring.model.graph import Graph

Values = Sequence[bytes] | npt.NDArray[Any]


class _Input:
    """A tensor to feed."""

    def __init__(self, tensor: Any) -> None:
        self.key = tensor._as_tf_output()
        self._name = tensor.name
        self._type = tensor.dtype.as_numpy_dtype
        self._shape: list[int | None] | None = None if tensor.shape.rank is None else tensor.shape.as_list()

    def array(self, values: Values) -> npt.NDArray[Any]:
        """As it is fed. ValueError where the shape is another."""
        array = np.asarray(values, dtype=self._type)
        if self._shape is not None and not _fits(array.shape, self._shape):
            raise ValueError(f"{self._name} takes the shape {self._shape}, not {list(array.shape)}.")
        return array


class Function:
    """Called with the values of the graph's inputs [n, ...], it gives the arrays of its outputs.

    Raises what TensorFlow raises; ValueError for values whose shape isn't the input's. Several threads may call it. The
    graph may not be changed any more.
    """

    def __init__(self, graph: Graph) -> None:
        from tensorflow.python.client import pywrap_tf_session

        self._session, tensors = graph.session, graph.session.graph
        self._inputs = [_Input(tensors.get_tensor_by_name(name)) for name in graph.names.inputs]
        self._outputs = [tensors.get_tensor_by_name(name)._as_tf_output() for name in graph.names.tensors]
        self._session._extend_graph()
        own = tf.compat.v1.RunOptions(inter_op_thread_pool=-1)
        self._own_thread = pywrap_tf_session.TF_NewBufferFromString(own.SerializeToString())

    def __call__(self, columns: Sequence[Values], *, own_thread: bool) -> list[npt.NDArray[Any]]:
        """With `own_thread` the operations run one after the other in the caller's, not in TensorFlow's pool."""
        feeds = {one.key: one.array(values) for one, values in zip(self._inputs, columns, strict=True)}
        options = self._own_thread if own_thread else None
        return list(self._session._call_tf_sessionrun(options, feeds, self._outputs, [], None))


def _fits(shape: tuple[int, ...], wanted: Sequence[int | None]) -> bool:
    return len(shape) == len(wanted) and all(
        size is None or size == found for size, found in zip(wanted, shape, strict=True)
    )
