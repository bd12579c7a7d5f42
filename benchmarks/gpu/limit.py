"""What this machine can do of the same work without HTTP: decoding on all its cores, overlapped with the network.

    python -m benchmarks.gpu.limit MODEL SECONDS PRECISION [--xla] [--placed] [--quick]

Run as a program, because TensorFlow must not live in the process that measures. The ways: the version's graph as the
service calls it, with decoding in the graph; with --placed this alone, without what scoring/model/placement.py does
for a GPU; and, for a model whose decoding another library can do, simplejpeg (libjpeg-turbo) on a pool of threads
before the network, which then gets whole numbers of 8 bits. Prints a line of JSON for each combination, as soon as it
has it: images a second, or for one image at a time milliseconds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.gpu.device import gpus
from benchmarks.gpu.order import Limit
from benchmarks.serving import CACHE, ROOT
from benchmarks.serving.models import version_folder
from benchmarks.serving.samples import images
from benchmarks.serving.servers.peers import last_line
from benchmarks.serving.servers.processes import running

if TYPE_CHECKING:
    from scoring.model.graph import Graph

BATCHES = (32, 64, 128)
THREADS = (2, 3)
QUICK_BATCHES = (16,)
ONES = 200  # calls about one image

Point = dict[str, Any]
Call = Callable[[Sequence[bytes]], object]


def measure(model: str, limit: Limit, seconds: float, *, quick: bool, timeout: float) -> tuple[list[Point], str | None]:
    """The points that a process of its own measured within `timeout` seconds, and why these aren't all, if so."""
    flags = [f"--{name}" for name, given in (("xla", limit.xla), ("placed", limit.placed), ("quick", quick)) if given]
    command = [sys.executable, "-m", __name__, model, str(seconds), limit.precision, *flags]
    log = CACHE / "logs" / "limit" / "limit.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    code: int | None = None
    with running(command, {"TF_CPP_MIN_LOG_LEVEL": "2"}, log, ROOT) as process, suppress(subprocess.TimeoutExpired):
        code = process.wait(timeout)
    output = log.read_bytes()
    if code == 0:
        return points(output), None
    end = last_line(output.decode(errors="replace"))
    return points(output), f"ended after {timeout:.0f} s" if code is None else f"its process failed: {end}"


def points(output: bytes) -> list[Point]:
    """The whole lines of JSON; a last one that was cut off isn't."""
    return [json.loads(line) for line in output.splitlines() if line.startswith(b"{") and line.endswith(b"}")]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.limit")
    parser.add_argument("model")
    parser.add_argument("seconds", type=float)
    parser.add_argument("precision")
    parser.add_argument("--xla", action="store_true")
    parser.add_argument("--placed", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for way, call in _ways(options.model, options.precision, xla=options.xla, placed=options.placed):
        for point in _points(call, options.seconds, quick=options.quick):
            print(json.dumps({"way": way, "precision": options.precision, "xla": options.xla, **point}), flush=True)


def _ways(model: str, precision: str, *, xla: bool, placed: bool) -> Iterator[tuple[str, Call]]:
    """How a batch of images becomes its probabilities."""
    from scoring.model.frozen_graph import load_frozen_graph
    from scoring.model.gpu.devices import prepare_gpus
    from scoring.model.graph import session_config

    gpu = prepare_gpus(require_gpu=bool(gpus()))
    config = session_config(precision, xla=xla, optimised=True)
    saved_model = version_folder(model) / "model"
    if placed:
        yield "in the graph, placed by TensorFlow", _whole(load_frozen_graph(saved_model, config))
        return
    if model == "resnet50":
        yield "simplejpeg before it", _beside(saved_model, config, gpu=gpu)
    yield "in the graph", _whole(load_frozen_graph(saved_model, config, gpu=gpu))


def _whole(graph: "Graph") -> Call:
    from scoring.model.calling import Function

    function = Function(graph)
    return lambda batch: function([batch], own_thread=len(batch) == 1)


def _beside(saved_model: Path, config: Any, *, gpu: bool) -> Call:
    """Decoding by simplejpeg, and the graph from where it has the pixels of a batch."""
    import numpy as np
    import simplejpeg
    import tensorflow as tf
    from tensorflow.core.framework.graph_pb2 import GraphDef

    from scoring.model.calling import Function
    from scoring.model.frozen_graph import FOLDER, GRAPH_FILE, NAMES_FILE
    from scoring.model.graph import Graph, Names

    definition = GraphDef.FromString((saved_model / FOLDER / GRAPH_FILE).read_bytes())
    names = json.loads((saved_model / FOLDER / NAMES_FILE).read_text(encoding="utf-8"))
    decoded = next(node.name for node in definition.node if node.op == "TensorListStack")
    with tf.Graph().as_default() as graph:
        pixels = tf.compat.v1.placeholder(tf.uint8, (None, None, None, 3))
        with tf.device("/GPU:0" if gpu else "/CPU:0"):
            cast = tf.cast(pixels, tf.float32)
        tf.graph_util.import_graph_def(definition, name="", input_map={f"{decoded}:0": cast})
    session = tf.compat.v1.Session(graph=graph, config=config)
    tensors = tuple(names["tensors"])
    network = Function(Graph(session, Names((pixels.name,), tuple(names["outputs"]), tensors)))
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))

    def call(jpegs: Sequence[bytes]) -> object:
        if len(jpegs) == 1:
            return network([simplejpeg.decode_jpeg(jpegs[0])[np.newaxis]], own_thread=True)
        return network([np.stack([*pool.map(simplejpeg.decode_jpeg, jpegs)])], own_thread=False)

    return call


def _points(call: Call, seconds: float, *, quick: bool) -> Iterator[Point]:
    jpegs = images() * 2
    yield {"batch": 1, "threads": 1, "p50_ms": _p50(call, jpegs, seconds)}
    for batch in QUICK_BATCHES if quick else BATCHES:
        part = jpegs[:batch]
        call(part)
        for threads in THREADS:
            yield {"batch": batch, "threads": threads, "rate": _rate(call, part, threads, seconds)}


def _p50(call: Call, jpegs: Sequence[bytes], seconds: float) -> float:
    """Milliseconds."""
    call(jpegs[:1])
    spent: list[float] = []
    stop = time.perf_counter() + seconds
    while len(spent) < ONES and (now := time.perf_counter()) < stop:
        call([jpegs[len(spent) % len(jpegs)]])
        spent.append(time.perf_counter() - now)
    return statistics.median(spent) * 1e3


def _rate(call: Call, part: Sequence[bytes], threads: int, seconds: float) -> float:
    started = time.monotonic()

    def calls(_: int) -> int:
        done = 0
        while time.monotonic() < started + seconds:
            call(part)
            done += len(part)
        return done

    with ThreadPoolExecutor(threads) as pool:
        done = sum(pool.map(calls, range(threads)))
    return done / (time.monotonic() - started)


if __name__ == "__main__":
    main()
