"""The verb about a service's keys: the one place where one is printed."""

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.confirming import Yes, confirm
from pipelines.cli.options import AsJson, Overrides, Target, settings_of
from pipelines.cli.printing import answer_console, print_json, side_console
from pipelines.cli.target import open_target

if TYPE_CHECKING:
    from workspaces.services import KeyName

Secondary = Annotated[bool, typer.Option("--secondary", help="The other key, which opens it too.")]
Rotate = Annotated[bool, typer.Option("--rotate", help="Replace it by a new one first: the old one opens no more.")]


def key(
    target: Target = None,
    secondary: Secondary = False,
    rotate: Rotate = False,
    yes: Yes = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Print the live service's primary key, alone, as in: curl -H "Authorization: Bearer $(amlgpu key)" …"""
    settings = settings_of(target, overrides, to_look=True)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.live.keys import regenerate, service_key

        which: KeyName = "secondary" if secondary else "primary"
        if rotate:
            name = settings.service.name
            question = f"Replace the {which} key of {name}? Whoever calls with it is refused from then on."
            confirm(question, yes, as_json, dry_run=False)
            side_console().print(f"the {which} key of {name} is being replaced …")
            regenerate(workspace, settings, which)
        value = service_key(workspace, settings, which)
    if as_json:
        print_json({"service": settings.service.name, "which": which, "key": value}, console)
    else:
        console.print(value, markup=False, soft_wrap=True)
