"""What is released: the sample with as many images as one likes, or a SavedModel as great as one likes."""

import csv
import json
import shutil
from itertools import cycle, islice
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
IMAGE_BYTES = 120_000
SERVICE, LARGE = "digits", "large"
_COMMENT = b"\xff\xfe"
_LONGEST_COMMENT = 65_533  # bytes, beside the two of its length
_ROWS = 120
_WIDTH = 1024


def write_images(sample: Path, folder: Path, count: int, size: int = IMAGE_BYTES) -> None:
    """The sample's images again and again, each made its own by a comment that fills it up to ``size`` bytes."""
    with (sample / "labels.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    folder.mkdir(parents=True)
    contents = {name: (sample / name).read_bytes() for name, _ in rows}
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        labels = csv.writer(file)
        labels.writerow(header)
        for number, (name, label) in enumerate(islice(cycle(rows), count)):
            (folder / f"{number}.jpg").write_bytes(padded(contents[name], number, size))
            labels.writerow([f"{number}.jpg", label])


def padded(jpeg: bytes, number: int, size: int) -> bytes:
    """The image with comments behind its first two bytes; it decodes as before."""
    missing, comments = max(size - len(jpeg), 64), b""
    while missing > 0:
        length = min(missing, _LONGEST_COMMENT)
        comments += _COMMENT + (length + 2).to_bytes(2, "big") + str(number).encode().ljust(length, b".")[:length]
        missing -= length
    return jpeg[:2] + comments + jpeg[2:]


def write_large_model(folder: Path, size: int) -> None:
    """``folder``/model, a SavedModel of about ``size`` bytes, most of them in one table, and ``folder``/validation."""
    import tensorflow as tf

    module = tf.Module()
    module.table = tf.Variable(tf.random.stateless_uniform([size // 4 // _WIDTH, _WIDTH], (1, 2)))
    spec = tf.TensorSpec([None, 4], tf.float32, name="x")

    def serve(x: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = tf.gather(module.table, tf.cast(x[:, 0], tf.int32))
        return {"y": tf.reduce_sum(x, 1, keepdims=True) + 0.0 * tf.reduce_sum(rows, 1, keepdims=True)}

    module.serve = tf.function(serve, input_signature=[spec])
    tf.saved_model.save(module, str(folder / "model"), signatures={"serving_default": module.serve})
    (folder / "validation").mkdir()
    rows = [[float(number), 1.0, 2.0, 3.0] for number in range(_ROWS)]
    lines = [json.dumps({"input": row, "value": sum(row)}) for row in rows]
    (folder / "validation" / "samples.jsonl").write_text("\n".join(lines), encoding="utf-8")


def write_config(folder: Path) -> None:
    """This project's settings with a service for the large model, one replica of each."""
    for kind in ("targets", "services"):
        shutil.copytree(ROOT / "config" / kind, folder / kind)
    large = {
        "service": {"replicas": 1},
        "task": {"kind": "regression"},
        "validation": {"mae_ceiling": 0.1, "require_gpu": False},
    }
    (folder / "services" / f"{LARGE}.yml").write_text(yaml.safe_dump(large), encoding="utf-8")
