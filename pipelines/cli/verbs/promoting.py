"""The verb that brings to one target what another has proven."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli import completion
from pipelines.cli.confirming import DryRun
from pipelines.cli.options import AsJson, Overrides, Target, settings_of
from pipelines.cli.printing import answer_console, print_facts, print_json, program
from pipelines.cli.summary import of_promotion, tell
from pipelines.cli.target import open_target

if TYPE_CHECKING:
    from rich.console import Console

    from config.settings import Settings
    from pipelines.promotion.promotion import Promotion

From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="NAME",
        help="Workspace that has proven it, a file of targets/; it is only read.",
        autocompletion=completion.targets,
    ),
]
Version = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Version there; else what its live service runs.", show_default=False),
]


def promote(
    from_: From,
    target: Target = None,
    version: Version = None,
    dry_run: DryRun = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Start the published pipeline with the very version that another target has proven."""
    settings = settings_of(target, overrides)
    from pipelines.promotion.source import reading, source_settings

    source = source_settings(from_, settings)
    console = answer_console()
    with ExitStack() as opened:
        with reading(source):
            proven = opened.enter_context(open_target(source))
        workspace = opened.enter_context(open_target(settings))
        from pipelines.cli.uploading import upload_bars
        from pipelines.promotion.promotion import plan_promotion
        from pipelines.promotion.promotion import promote as start

        promotion = plan_promotion(proven, source, workspace, settings, version)
        if dry_run:
            _print_plan(promotion, settings, console, as_json)
            return
        with upload_bars(console, shown=not as_json) as progress:
            run_id = start(proven, workspace, settings, promotion, progress)
    _print_started(run_id, promotion, settings, console, as_json)


def _print_started(
    run_id: str, promotion: "Promotion", settings: "Settings", console: "Console", as_json: bool
) -> None:
    if as_json:
        told = promotion.as_json()
        print_json({"run_id": run_id, "version": told["version"], "promoted_from": told["promoted_from"]}, console)
        return
    watch = f"{program()} follow {run_id} {settings.options}"
    print_facts({"promoted": str(promotion.lineage), "run": run_id, "watch it": watch}, console)


def _print_plan(promotion: "Promotion", settings: "Settings", console: "Console", as_json: bool) -> None:
    facts = _facts(promotion, settings)
    tell(of_promotion(facts, settings.service.name, settings.target))
    if as_json:
        print_json(promotion.as_json(), console)
    else:
        print_facts(facts, console)


def _facts(promotion: "Promotion", settings: "Settings") -> dict[str, str]:
    told: dict[str, Any] = promotion.as_json()
    proof, source = told["proof"], promotion.source
    verdict = proof["verdict"]
    measured = "".join(f", {name} {value:g}" for name, value in verdict["metrics"].items())
    facts = {
        "promoted": f"{proof['model']} of {source.target}'s workspace {source.workspace.name}",
        "released by": f"{proof['run_id']}, {proof['released_at'] or 'nobody knows when'}",
        "verdict": f"{verdict['status']}, {verdict['passed']} check{'s' * (verdict['passed'] != 1)} passed{measured}",
        "content hash": proof["content_hash"],
        "validation data": proof["validation_data"],
        f"in {settings.workspace.name}": told["registered_as"] or "not registered yet",
        f"{settings.service.name} runs": ", ".join(told["serves"]) or "nothing yet",
    }
    return facts | ({"publish first": told["unpublished"]} if told["unpublished"] else {})
