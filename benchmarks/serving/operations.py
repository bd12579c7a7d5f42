"""Where one call of the model spends its time, by kind of operation: `python -m benchmarks.serving.operations MODEL`.

Shows what an optimisation could still gain: what isn't a convolution or a matrix product can be removed at best. With
`TF_ENABLE_ONEDNN_OPTS=0` it shows the graph as TensorFlow computes it by default on a CPU without AVX512.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.serving.models import IMAGE_MODELS, benchmark_model
from benchmarks.serving.samples import images

BATCH = 8  # images
CALLS = 5
SHOWN = 8


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in IMAGE_MODELS:
        print(f"usage: python -m benchmarks.serving.operations {'|'.join(IMAGE_MODELS)}", file=sys.stderr)
        return 2
    spent = Counter[str]()
    for trace in traces(sys.argv[1]):
        spent.update(by_operation(trace))
    total = sum(spent.values())
    table = Table("operation", "ms an image", "share", title=f"{sys.argv[1]}, batches of {BATCH}, both cores added up")
    for operation, microseconds in spent.most_common(SHOWN):
        table.add_row(operation, f"{microseconds / 1000 / BATCH / CALLS:.2f}", f"{microseconds / total:.1%}")
    Console().print(table)
    return 0


def traces(name: str) -> Iterable[Any]:
    """TensorFlow's StepStats of CALLS calls of the frozen graph."""
    import tensorflow as tf

    from scoring.model.frozen_graph import load_frozen_graph
    from scoring.model.graph import session_config

    graph = load_frozen_graph(benchmark_model(name).saved_model, session_config(optimised=True))
    session, names = graph.session, graph.names
    options = tf.compat.v1.RunOptions(trace_level=tf.compat.v1.RunOptions.FULL_TRACE)
    feed = {names.inputs[0]: list(images())[:BATCH]}
    for _ in range(2):
        session.run(list(names.tensors), feed)
    for _ in range(CALLS):
        metadata = tf.compat.v1.RunMetadata()
        session.run(list(names.tensors), feed, options=options, run_metadata=metadata)
        yield metadata.step_stats


def by_operation(step_stats: Any) -> Counter[str]:
    """Microseconds by kind of operation; a node's label reads `name = Kind(inputs)`."""
    spent = Counter[str]()
    for device in step_stats.dev_stats:
        for node in device.node_stats:
            kind = node.timeline_label.partition(" = ")[2].partition("(")[0] or node.node_name
            spent[kind] += node.op_end_rel_micros - node.op_start_rel_micros
    return spent


if __name__ == "__main__":
    sys.exit(main())
