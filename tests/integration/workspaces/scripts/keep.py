"""A step that does all that a step may do with its run, and says what came of it."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from workspaces.opening import current_run

FILES = {"outputs/note.txt": "a note", "outputs/sub/a.txt": "a", "outputs/sub/deeper/b.txt": "b", "other/c.txt": "c"}


def raised(call: Callable[[], None]) -> str | None:
    try:
        call()
    except Exception as error:  # noqa: BLE001  # whatever it is, the test is told
        return type(error).__name__
    return None


def main(kept: Path, work: Path) -> None:
    run = current_run()
    print(f"hello from {run.name}", flush=True)
    local = {name: work / f"file-{number}" for number, name in enumerate(FILES)}
    for name, path in local.items():
        path.write_text(FILES[name])
    run.keep(local)
    again = work / "again"
    again.write_text("another note")
    seen = {
        "id": run.id,
        "name": run.name,
        "pipeline_run_id": run.pipeline_run_id,
        "workspace": run.workspace.name,
        "files": sorted(set(run.files()) & set(FILES)),
        "kept again": raised(lambda: run.keep({"outputs/note.txt": again})),
        "missing": raised(lambda: run.fetch("outputs/missing", work / "missing")),
        "status": run.state().status,
        "own steps": {name: step.id for name, step in run.workspace.runs.steps(run.pipeline_run_id).items()},
        "written": run.workspace.files.write(f"kept/{run.id}", b"by the run", None) is not None,
    }
    run.fetch("outputs/note.txt", work / "note")
    run.fetch_folder("outputs/sub/", work / "sub")
    seen["note"] = (work / "note").read_text()
    files = [path for path in (work / "sub").rglob("*") if path.is_file()]
    seen["sub"] = {path.relative_to(work / "sub").as_posix(): path.read_text() for path in files}
    run.log_metric("accuracy", 0.25)
    run.tag({"verdict": "BLESSED"})
    run.add_properties({"recorded": "once"})
    run.add_properties({"recorded": "once", "more": "of it"})
    seen["recorded again"] = raised(lambda: run.add_properties({"recorded": "twice"}))
    seen["recorded"] = run.properties()["recorded"]
    (kept / "seen.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kept", type=Path, required=True)
    with TemporaryDirectory() as folder:
        main(parser.parse_args().kept, Path(folder))
