import io

from rich.console import Console, RenderableType

from benchmarks.serving.report.goals import goals
from benchmarks.serving.report.results import Limit, ParityCheck, Results
from benchmarks.serving.report.table import given_up, goals_table, parity_table, services_table
from tests.unit.benchmarks.conftest import Measure


def rows(table: RenderableType) -> dict[str, list[str]]:
    """The printed cells of each row, by the first."""
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    file = console.file
    assert isinstance(file, io.StringIO)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in file.getvalue().splitlines()]
    return {row[0]: row[1:] for row in cells if row}


def test_a_row_shows_the_ratio_to_the_seed(results: Results, measure: Measure) -> None:
    measure("ours", 1234)
    measure("seed", 617)
    results.limits.append(Limit("tiny", 0, {"16 requests": 3000.0}))
    found = rows(services_table(results, "tiny"))

    assert found["ours"] == ["0.8", *["1,234 (2.00)  10.0 / 20.0"] * 3, "1.50", "600", "0"]
    assert found["model alone"][3] == "3,000 requests/s"


def test_faults_are_shown(results: Results, measure: Measure) -> None:
    measure("seed", 100, errors=2)

    assert rows(services_table(results, "tiny"))["seed"][-1] == "6"


def test_a_skipped_service_says_why(results: Results, measure: Measure) -> None:
    measure("seed", 100)
    results.skipped["tiny"] = {"MLServer": "no such package", "seed": "it hung"}

    assert rows(services_table(results, "tiny"))["MLServer"][1] == "skipped: no such package"
    assert given_up(results) == ["tiny: seed was given up in a later round: it hung"]


def test_goals_show_measured_and_needed(results: Results, measure: Measure) -> None:
    measure("ours", 200)
    measure("seed", 100)
    table = goals_table(goals(results))

    assert rows(table)["tiny, start-up"] == ["seconds / seed's seconds", "0.50", "at most 1", "met", ""]


def test_parity_is_shown_passed_or_refused_in_the_worst_round(results: Results) -> None:
    for number, (service, agreement) in enumerate([("ours", 1.0), ("seed", 1.0), ("seed", 0.984375)]):
        results.parities.append(ParityCheck("tiny", service, number, 64, agreement, 0.0103, agreement == 1.0, "all"))
    found = rows(parity_table(results, "tiny"))

    assert found["ours"] == ["passed", "64", "1.0000", "0.01", "all"]
    assert found["seed"] == ["refused", "64", "0.9844", "0.01", "all"]
    assert set(found) == {"ours", "seed"}
