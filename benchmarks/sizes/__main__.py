"""`python -m benchmarks.sizes`: seconds and peak of memory of each step, by the images and for a large model.

Each size is a first release on a local workspace of its own; what the output has of other sizes stays in it. All that
is made is deleted; --work says where there is room for it, about four times the greatest size. The output is sizes.json
in benchmarks/cache/results, or with --record in benchmarks/results.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console

from benchmarks.machine import machine
from benchmarks.recording import add_record, results_folder
from benchmarks.sizes.inputs import IMAGE_BYTES, LARGE, SERVICE, write_config, write_images, write_large_model
from benchmarks.sizes.release import Part, release
from benchmarks.sizes.table import FILE, Results, read, table
from pipelines.sample_model import write_sample

COUNTS = (1_000, 10_000, 50_000)
MODEL_BYTES = 3_000_000_000
COPIES = 4
PACKAGES = ("azureml-core", "tensorflow-cpu", "azureml-inference-server-http")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="*", default=COUNTS, help="numbers of images")
    parser.add_argument("--image-bytes", type=int, default=IMAGE_BYTES, help="bytes of each image")
    parser.add_argument("--model-bytes", type=int, default=MODEL_BYTES, help="bytes of the model; 0 leaves it out")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()), help="folder with room")
    add_record(parser)
    arguments = parser.parse_args()
    greatest = max(max(arguments.images, default=0) * arguments.image_bytes, arguments.model_bytes)
    free = shutil.disk_usage(arguments.work).free
    if free < COPIES * greatest:
        parser.error(f"{arguments.work} has {free / 1e9:.0f} GB free, {COPIES * greatest / 1e9:.0f} are needed")
    output = results_folder(record=arguments.record) / FILE
    console, results = Console(), read(output)
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        sample = write_sample(Path(folder).resolve() / "sample")
        for count in arguments.images:
            results[f"{count:,} images"] = _images(
                Path(folder).resolve(), sample.model, sample.validation, count, arguments.image_bytes
            )
            _write(results, output, arguments.image_bytes)
        if arguments.model_bytes:
            results[f"a model of {arguments.model_bytes / 1e9:g} GB"] = _model(
                Path(folder).resolve(), arguments.model_bytes
            )
            _write(results, output, arguments.image_bytes)
    console.print(table(results))
    console.print(f"written to {output}", soft_wrap=True)


def _images(folder: Path, model: Path, sample: Path, count: int, size: int) -> dict[str, Part]:
    work = folder / f"{count}"
    write_images(sample, work / "validation", count, size)
    options: list[str | Path] = ["--target", "local", "--service", SERVICE]
    try:
        return release(work, [*options, "--model", model, "--validation-data", work / "validation"])
    finally:
        shutil.rmtree(work)


def _model(folder: Path, size: int) -> dict[str, Part]:
    work = folder / "large"
    write_config(work / "config")
    _elsewhere(write_large_model, work, size)
    options: list[str | Path] = ["--config", work / "config", "--target", "local", "--service", LARGE]
    try:
        return release(work, [*options, "--model", work / "model", "--validation-data", work / "validation"])
    finally:
        shutil.rmtree(work)


def _elsewhere(work: Callable[[Path, int], None], folder: Path, size: int) -> None:
    """In a process of its own, so that what it needs is given back."""
    process = get_context("spawn").Process(target=work, args=(folder, size))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{work.__name__} ended with {process.exitcode}")


def _write(results: Results, output: Path, image_bytes: int) -> None:
    plain = {size: {name: vars(part) for name, part in parts.items()} for size, parts in results.items()}
    document = {"machine": machine(PACKAGES), "image_bytes": image_bytes, "results": plain}
    output.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
