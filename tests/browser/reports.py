"""Reports of all five tasks, drawn by the step's own code from made-up answers and real files of samples."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from PIL import Image
from pydantic import JsonValue

from config.settings import Validation, load_settings
from scoring.contract import Contract
from steps.artifacts.verdict import Check, Production, Verdict
from steps.validation.checks import judge
from steps.validation.evidence import Evidence
from steps.validation.measured import Measured
from steps.validation.parity import Parity
from steps.validation.report.page import Origin, write_report
from steps.validation.samples.contents import contents_of
from steps.validation.tasks import judge_of
from tests.unit.steps.validation.contracts import contract

ATTACK = "<script>window.hacked = 1</script>"
LONG = "averylongnamewithoutanyplacetobreak" * 4
CLASSES = ("cat", f"dog {ATTACK}", LONG)
SAMPLES = 200


@dataclass(frozen=True)
class Case:
    """One kind of model: its contract, how a sample's input is written, what is true of it, and what is answered."""

    contract: Contract
    write: Callable[[Path, int, random.Random], str]
    truth: Callable[[int], JsonValue]
    answer: Callable[[int, random.Random, float], JsonValue]
    """By the sample's number, chance, and the share of wrong answers."""


def image(folder: Path, number: int, chance: random.Random) -> str:
    name = f"{number:03}-{'x' * chance.choice((0, 40))}.{chance.choice(('jpg', 'png'))}"
    size = chance.choice(((8, 8), (640, 480), (100, 300)))
    colour = tuple(chance.randrange(256) for _ in range(3))
    Image.linear_gradient("L").resize(size).convert("RGB").point(lambda one: one // 2 + colour[0] // 2).save(
        folder / name
    )
    return name


def line(row: Callable[[int], JsonValue]) -> Callable[[Path, int, random.Random], str]:
    def write(folder: Path, number: int, _: random.Random) -> str:
        with (folder / "samples.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"input": row(number), "label": 0}) + "\n")
        return f"samples.jsonl:{number + 1}"

    return write


def of_class(number: int, chance: random.Random, wrong: float) -> JsonValue:
    given = chance.randrange(3) if chance.random() < wrong else number % 3
    return {"class": given, "probabilities": [0.9 if index == given else 0.05 for index in range(3)]}


def of_labels(number: int, chance: random.Random, wrong: float) -> JsonValue:
    given = [index for index in range(3) if (number >> index) % 2 != (chance.random() < wrong)]
    return {"classes": [*given], "probabilities": [0.7 + index / 10 for index in given]}


def of_two(number: int, chance: random.Random, wrong: float) -> JsonValue:
    given = number % 2 if chance.random() > wrong else 1 - number % 2
    return {"class": given, "probability": round(0.5 + (given - 0.5) * chance.random(), 3)}


def of_value(number: int, chance: random.Random, wrong: float) -> JsonValue:
    return {"value": number + chance.gauss(0, 20 * wrong)}


def of_outputs(number: int, chance: random.Random, wrong: float) -> JsonValue:
    return {"y": [number, number + (chance.random() if chance.random() < wrong else 0)], "said": LONG}


def labels_of(number: int) -> JsonValue:
    return [index for index in range(3) if (number >> index) % 2]


TEXTS = ("never again", ATTACK, "good " * 100)
OUTPUTS = (contract("tensors").task.outputs[0], contract("tensors").task.outputs[0].model_copy(update={"name": "said"}))
CASES: dict[str, Case] = {
    "classification": Case(contract("classification", labels=CLASSES), image, lambda number: number % 3, of_class),
    "multilabel": Case(contract("multilabel", labels=CLASSES), image, labels_of, of_labels),
    "binary": Case(
        contract("binary", "text", labels=("no", ATTACK)), line(lambda n: TEXTS[n % 3]), lambda n: n % 2, of_two
    ),
    "regression": Case(contract("regression", "tensors", unit="m² <b>"), line(lambda n: [n, n / 3]), float, of_value),
    "tensors": Case(
        contract("tensors", "tensors", outputs=OUTPUTS),
        line(lambda n: {"age": n, "values": [*range(90)]}),
        lambda n: {"y": [n, n], "said": LONG},
        of_outputs,
    ),
}


def write_reports(folder: Path) -> dict[str, Path]:
    """Pages by their names: each task with and without production, and a candidate that never started."""
    thresholds = load_settings("local", environ={}).validation
    thresholds = thresholds.model_copy(update={"accuracy_floor": 0.95, "mae_ceiling": 1.0, "macro_f1_floor": 0.9})
    pages = {}
    for name, case in CASES.items():
        samples = folder / name / "samples"
        samples.mkdir(parents=True)
        chance = random.Random(1)  # noqa: S311 -- made-up samples, not secrets
        names = [case.write(samples, number, chance) for number in range(SAMPLES)]
        new, old = (measured(case, thresholds, names, wrong) for wrong in (0.2, 0.04))
        pages[f"{name}, refused"] = page(case, thresholds, (new, old), folder / name / "refused")
        pages[f"{name}, first"] = page(case, thresholds, (old, None), folder / name / "first")
    dead = Measured(startup_seconds=None, startup_error=f"not a SavedModel: {LONG} {ATTACK}")
    pages["never started"] = page(CASES["binary"], thresholds, (dead, None), folder / "binary" / "dead")
    return pages


def measured(case: Case, thresholds: Validation, names: Sequence[str], wrong: float) -> Measured:
    chance = random.Random(int(wrong * 100))  # noqa: S311 -- made-up answers, not secrets
    task = judge_of(case.contract, thresholds)
    answers = [case.answer(number, chance, wrong) for number in range(len(names))]
    scored = [task.score(name, case.truth(number), answers[number]) for number, name in enumerate(names)]
    if wrong > 0.1:
        scored[0] = task.score(names[0], case.truth(0), None)
    return Measured(
        startup_seconds=4.0,
        scored=tuple(scored),
        errors=(f"{names[0]}: 500: the model failed {ATTACK}",) if wrong > 0.1 else (),
        latencies_ms=tuple(chance.lognormvariate(2, 0.5) for _ in names),
        devices=frozenset({"GPU:0"}),
        precisions=frozenset({"bfloat16"}),
        not_refused=(),
        parity=Parity(200, 1.0, 1e-6),
    )


def page(case: Case, thresholds: Validation, both: tuple[Measured, Measured | None], folder: Path) -> Path:
    candidate, production = both
    task = judge_of(case.contract, thresholds)
    evidence = Evidence("x -> y", True, candidate, production, "" if production else "first release", False, task)
    status, checks = judge(evidence, thresholds)
    verdict = Verdict(
        status=status,
        model_name="mine",
        model_version=3,
        content_hash="a" * 64,
        environment="aml-gpu-scoring-0123456789ab",
        precision="bfloat16",
        refused=(Check(name="optimisation_parity", outcome="fail", measured="0.9 agree", threshold="0.99 agree"),),
        checks=checks,
        metrics=candidate.metrics(task),
        production=Production(model="mine:2", metrics=production.metrics(task)) if production else None,
        answers=candidate.answers,
        run_id="4f7c9a3e-0b1d-4a52-9d0e-3f3c2b1a0e55",
    )
    folder.mkdir(parents=True)
    origin = Origin(
        "mine", "c" * 40, datetime(2026, 11, 26, 9, 30, tzinfo=timezone.utc), contents_of(folder.parent / "samples")
    )
    write_report(verdict, case.contract, evidence, origin, folder)
    return folder / "report.html"
