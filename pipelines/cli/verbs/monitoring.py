"""The verb that looks at what the live service was sent, and whether that has changed."""

from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.errors import ConfigError
from config.exit_codes import ExitCode
from pipelines.cli.options import AsJson, Overrides, Target, settings_of
from pipelines.cli.printing import answer_console, print_facts, print_json, print_rows, side_console
from pipelines.cli.summary import of_drift, tell
from pipelines.cli.target import open_target
from pipelines.local import state_folder

if TYPE_CHECKING:
    from rich.console import Console

    from config.settings import Settings
    from pipelines.monitoring.period import Period
    from pipelines.monitoring.sides import Side

VALIDATION = "validation"
EXIT_CODES = {"none": 0, "drift": ExitCode.DRIFT, "undecided": ExitCode.DRIFT_UNDECIDED}
SHOWN_CLASSES = 10
LOG_LINES = 5000
COLOURS = {"none": "green", "drift": "red", "undecided": "yellow"}

Samples = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="SAMPLES", help="Files of samples, or folders of them; none: the service's own log.", exists=True
    ),
]
PeriodText = Annotated[str, typer.Option(metavar="START..END", help="Which samples: dates, or so long ago (7d).")]
Baseline = Annotated[str, typer.Option(metavar="START..END", help="What to compare with: `validation`, or a period.")]
Plot = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="SVG file to write; else drift.svg in the state folder.", show_default=False),
]


@dataclass(frozen=True)
class Question:
    """What is to be compared; ``baseline`` is None for the validation of the live release."""

    samples: list[Path]
    period: "Period"
    baseline: "Period | None"


def drift(
    samples: Samples = None,
    target: Target = None,
    period: PeriodText = "..",
    baseline: Baseline = VALIDATION,
    plot: Plot = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Compare what the service answered with its validation, or with another period; exit code 10 is drift."""
    settings = settings_of(target, overrides)
    _check_packages()
    question = _question(samples or [], period, baseline)
    console = answer_console()
    found = _compare(*_sides(question, settings), settings, plot or state_folder() / "drift.svg")
    tell(of_drift(settings.service.name, _words(found["outcome"]), [_row(test) for test in found["tests"]]))
    if as_json:
        print_json(found, console)
    else:
        _print(found, console)
    raise typer.Exit(EXIT_CODES[found["outcome"]])


def _compare(period: "Side", baseline: "Side", settings: "Settings", plot: Path) -> dict[str, Any]:
    """Everything that is told about the comparison; the plot is written."""
    from pipelines.monitoring.drift import compare
    from pipelines.monitoring.plot import most_changed, write_plot

    outcome, findings = compare(period.group, baseline.group, settings.monitoring)
    try:
        write_plot(period.group, baseline.group, f"{settings.service.name}: {_words(outcome)}", plot)
    except OSError as error:
        raise ConfigError(f"--plot {plot}: can't be written: {error.strerror}") from None
    classes = [
        {"class": label, "period": round(share, 4), "baseline": round(before, 4)}
        for label, share, before in most_changed(period.group, baseline.group, SHOWN_CLASSES)
    ]
    return {
        "outcome": outcome,
        "period": period.facts,
        "baseline": baseline.facts,
        "tests": [asdict(finding) for finding in findings],
        "classes": classes,
        "plot": str(plot),
    }


def _check_packages() -> None:
    missing = [name for name in ("scipy", "matplotlib") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"`amlgpu drift` needs {' and '.join(missing)}: install them with `pip install -e '.[drift]'`"
        )


def _question(samples: list[Path], period: str, baseline: str) -> Question:
    from pipelines.monitoring.period import parse_period

    now = datetime.now(timezone.utc)
    wanted = parse_period("--period", period, now)
    before = None if baseline == VALIDATION else parse_period("--baseline", baseline, now)
    if before and wanted.overlaps(before):
        raise ConfigError(f"--period {period} and --baseline {baseline} overlap: as in --period 7d --baseline 28d..7d")
    return Question(samples, wanted, before)


def _sides(question: Question, settings: "Settings") -> "tuple[Side, Side]":
    """Period and baseline. The workspace is asked only for what the files don't hold."""
    from pipelines.monitoring.request_samples import parse_samples, read_samples
    from pipelines.monitoring.sides import of_model, of_period, of_validation

    if question.samples and question.baseline:
        samples = read_samples(question.samples)
        return of_period(samples, question.period), of_period(samples, question.baseline)
    with open_target(settings) as workspace:
        from pipelines.live.status import service_log
        from pipelines.monitoring.live_verdict import live_verdict

        if question.samples:
            samples = read_samples(question.samples)
        else:
            samples = list(parse_samples(service_log(workspace, settings, LOG_LINES).splitlines()))
        if question.baseline:
            return of_period(samples, question.period), of_period(samples, question.baseline)
        verdict = live_verdict(workspace, settings)
    baseline = of_validation(verdict)
    return of_model(samples, question.period, baseline.facts["validation_of"], baseline.group), baseline


def _words(outcome: str) -> str:
    return "no drift" if outcome == "none" else outcome


def _print(found: dict[str, Any], console: "Console") -> None:
    print_rows([_row(test) for test in found["tests"]], console)
    if found["classes"]:
        console.print()
        print_rows(found["classes"], console)
    console.print()
    print_facts({key: found[key] for key in ("period", "baseline", "plot")}, console)
    if len(found["period"].get("models", {}) | found["baseline"].get("models", {})) > 1:
        side_console().print("[yellow]Several versions of the model answered: what changed may be the model.[/]")
    console.print(f"[bold {COLOURS[found['outcome']]}]{_words(found['outcome'])}[/]")


def _row(test: dict[str, Any]) -> dict[str, object]:
    distance, p_value = test["distance"], test["p_value"]
    numbers = {
        "distance": "" if distance is None else f"{distance:.3f}",
        "p": "" if p_value is None else f"{p_value:.2g}",
    }
    return {"test": test["name"], "outcome": _words(test["outcome"]), **numbers, "detail": test["detail"]}
