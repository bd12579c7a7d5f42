"""Another project's folder, in which a file has the name of whatever the command and the local workspace import."""

from pathlib import Path

OURS = ("config", "emulator", "pipelines", "scoring", "steps", "workspaces")
THEIRS = ("azureml", "click", "httpx", "jinja2", "numpy", "pydantic", "requests", "rich", "starlette", "typer", "yaml")


def write_shadows(folder: Path) -> None:
    """Modules and packages that end whoever imports them, and say that they did."""
    for name in ("emulator", "steps", *THEIRS):
        _write(folder / f"{name}.py", name)
    for name in set(OURS) - {"emulator", "steps"}:
        (folder / name).mkdir()
        _write(folder / name / "__init__.py", name)


def _write(file: Path, name: str) -> None:
    file.write_text(f"raise SystemExit('{name} of another project was imported')\n")
