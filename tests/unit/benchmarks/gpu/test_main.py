from pathlib import Path

from benchmarks.gpu.__main__ import clear, parse, plan


def test_no_result_of_an_earlier_run_is_left(tmp_path: Path) -> None:
    for name in ("gpu.json", "gpu.json.part", "tiny.png", "release/verdict.json", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")

    clear(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_quick_is_one_round() -> None:
    assert (plan(parse([])).rounds, plan(parse(["--quick"])).rounds) == (2, 1)


def test_a_part_can_be_measured_alone() -> None:
    assert [one.name for one in plan(parse(["--only", "release", "starts"])).measurements] == ["starts", "release"]
