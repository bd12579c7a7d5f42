"""Many requests at once, and whether their answers are the right ones."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import numpy as np

from scoring.scorer import Scorer
from tests.integration.scoring.client.wire import Answer, Wire, post

TOLERANCE = 1e-4  # of a probability: a batch's sums are added in another order than a single image's


def ask_all(port: int, bodies: Sequence[bytes], concurrency: int) -> list[Answer]:
    """Score every body, `concurrency` at a time over as many connections; the answers in the order of the bodies."""
    answers: list[Answer | None] = [None] * len(bodies)
    turn = _shared(range(len(bodies)))

    def client(_: int) -> None:
        wire = Wire(port)
        for number in turn:
            answer = answers[number] = wire.ask(post(bodies[number]))
            if answer.headers.get("connection") == "close":
                wire.close()
                wire = Wire(port)
        wire.close()

    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(client, range(concurrency)))
    return [answer for answer in answers if answer]


def wrong_answers(port: int, model_dir: Path, images: Sequence[bytes], concurrency: int) -> list[str]:
    """Score `images`; what is wrong with the answers, compared with those of the same model to one image at a time."""
    answers = ask_all(port, images, concurrency)
    scorer = Scorer(model_dir / "model")
    pairs = enumerate(zip(images, answers, strict=True))
    found = ((number, _fault(scorer, image, answer)) for number, (image, answer) in pairs)
    return [f"image {number}: {fault}" for number, fault in found if fault]


def _fault(scorer: Scorer, image: bytes, answer: Answer) -> str | None:
    if answer.status != 200:
        return f"status {answer.status}: {answer.body.decode()}"
    (expected,) = scorer.predict([image])
    found = answer.json["probabilities"]
    if np.abs(expected.numbers - found).max() > TOLERANCE:
        return f"{found} instead of {expected.numbers.tolist()}"
    if answer.json["class"] != int(np.argmax(found)):
        return f"class {answer.json['class']} of {found}"
    return None


def _shared(numbers: Iterable[int]) -> Iterator[int]:
    """An iterator that several threads may take from."""
    iterator, lock = iter(numbers), Lock()

    def take() -> int | None:
        with lock:
            return next(iterator, None)

    return iter(take, None)
