"""Where commands of other tools stand: pages, workflows, messages of the program, and what it prints for a person."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from config.settings import load_settings
from docs.commands.shell import TOOLS, Command, commands_of
from pipelines.infrastructure import az_commands
from workspaces.computes import ClusterId

ROOT = Path(__file__).parents[2]
AZURE = ROOT / "docs/azure.md"
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("emulator/*.md"), *ROOT.glob("emulator/docs/*.md")]
)
PROGRAM = sorted(
    file for folder in ("config", "pipelines", "workspaces", "steps") for file in ROOT.glob(f"{folder}/**/*.py")
)
SHELL = ("", "sh", "bash", "console")
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
A_TOOL = re.compile(rf"\b({'|'.join(TOOLS)}) [a-z]")
INLINE = re.compile(rf"`(?:\w+=\$\()?((?:{'|'.join(TOOLS)}) [a-z][^`]*?)\)?`")
RUNNER = {"GITHUB_OUTPUT": "/dev/null", "GITHUB_STEP_SUMMARY": "/dev/null", "LOGS": "an-id"}
CLUSTER = ClusterId("an-id", "a-group", "a-name")


OF_DEV, OF_PROD = "TARGET=dev NODES=2", "TARGET=prod NODES=3"


class Place(NamedTuple):
    """A command and where it stands."""

    where: str
    command: Command
    whole: bool
    """Whether it is there to be run as it is; else it is only spoken of, and may lack what it needs."""


def all_places() -> Iterator[Place]:
    for page in PAGES:
        yield from _of_page(page)
    for file in PROGRAM:
        yield from _inline(file, file.read_text())
    for workflow in sorted(ROOT.glob(".github/**/*.yml")):
        yield from _of_workflow(workflow)
    yield from _printed()


def of_azure_page(target: Literal["dev", "prod"] = "dev") -> list[Command]:
    """docs/azure.md from top to bottom, in one shell that stops at the first fault."""
    lines = "\n".join(lines for language, lines in _blocks(AZURE.read_text()) if language == "sh")
    return commands_of(lines.replace(OF_DEV, OF_PROD) if target == "prod" else lines, strictly=True, environment={})


def _of_page(page: Path) -> Iterator[Place]:
    text, where = page.read_text(), str(page.relative_to(ROOT))
    if page == AZURE:
        commands = [*of_azure_page("dev"), *of_azure_page("prod")]
        yield from (Place(where, command, whole=True) for command in commands)
    for language, lines in _blocks(text):
        if page != AZURE and language in SHELL and A_TOOL.search(lines):
            found = commands_of(lines, strictly=False, environment={})
            yield from (Place(where, command, whole=True) for command in found)
    yield from _inline(page, FENCED.sub("", text))


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Language and lines of each."""
    for indent, language, lines in FENCED.findall(text):
        yield language, re.sub(rf"^{indent}", "", lines, flags=re.MULTILINE)


def _inline(file: Path, text: str) -> Iterator[Place]:
    for found in INLINE.findall(text.replace("\n", " ")):
        if "{" not in found.partition("'")[0]:  # of an f-string nobody knows the command yet
            yield Place(str(file.relative_to(ROOT)), tuple(shlex.split(found)), whole=False)


def _of_workflow(workflow: Path) -> Iterator[Place]:
    for lines in _runs(yaml.safe_load(workflow.read_text())):
        if A_TOOL.search(lines):
            for command in commands_of(lines, strictly=False, environment=RUNNER):
                yield Place(str(workflow.relative_to(ROOT)), command, whole=True)


def _runs(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if isinstance(document.get("run"), str):
            yield document["run"]
        for part in document.values():
            yield from _runs(part)
    for part in document if isinstance(document, list) else ():
        yield from _runs(part)


def _printed() -> Iterator[Place]:
    wanted = load_settings("prod", environ={}).cluster
    lines = [
        *az_commands.create(CLUSTER, wanted),
        az_commands.add_pool(CLUSTER, wanted),
        az_commands.scale(CLUSTER, "gpu", 3),
        az_commands.untaint(CLUSTER, "gpu"),
        az_commands.show(CLUSTER),
        az_commands.start(CLUSTER),
        az_commands.delete(CLUSTER),
        az_commands.give_role("an-id", "AzureML Data Scientist", "/a/scope"),
        *az_commands.forget_attachment(CLUSTER),
        *(az_commands.update(CLUSTER, option) for option in UPDATES),
    ]
    yield from (Place("az_commands", tuple(shlex.split(line)), whole=True) for line in lines)


UPDATES = ("--load-balancer-sku standard", "--enable-local-accounts", "--enable-managed-identity")
"""What pipelines.infrastructure.attachable asks of it."""
