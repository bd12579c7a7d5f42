"""The verbs of the command `azureml-emulator`."""

import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import quote

import typer

from azureml_emulator.command import daemon
from azureml_emulator.command.client import ask
from azureml_emulator.command.durations import parse_duration
from azureml_emulator.errors import COVERAGE_PAGE, EmulatorError, NotRunning
from azureml_emulator.execution.interpreters.mode import Mode
from azureml_emulator.state.credentials.auth_mode import AuthMode
from azureml_emulator.state.disk.room import is_no_room, without_room
from azureml_emulator.state.redirect.elsewhere import leading_elsewhere, with_home
from azureml_emulator.state.redirect.proxies import without_proxy

PROGRAM = "azureml-emulator"
app = typer.Typer(
    help="A local Azure ML workspace for SDK v1 and v2.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain lines, which 80 columns hold
    context_settings={"help_option_names": ["-h", "--help"]},
)
State = Annotated[Path, typer.Option(metavar="DIR", help="Folder that holds the workspace.")]
Port = Annotated[
    int | None,
    typer.Option(metavar="PORT", min=1, max=65535, help="HTTP port; by default the last one, or a free one."),
]
Environments = Annotated[
    Mode | None,
    typer.Option(help="What an environment's packages lead to: warn (default), a virtual environment each, or strict."),
]
EnforceCapacity = Annotated[
    bool,
    typer.Option("--enforce-capacity", help="Let nodes have no more CPU, memory and GPUs than theirs, as on Azure."),
]
ShareGpus = Annotated[
    bool, typer.Option("--share-gpus", help="Let replicas share this machine's GPUs; else each has its own, or fails.")
]
Http10 = Annotated[
    bool, typer.Option("--http-1-0", help="Speak HTTP/1.0 to replicas, as nginx in Microsoft's image does.")
]
Advance = Annotated[str | None, typer.Option("--advance", metavar="DURATION", help="Forward by 90s, 30m, 2h, 1d, 1w …")]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Forward to 2026-12-01T04:30, in UTC.")]
Operation = Annotated[
    str | None, typer.Argument(metavar="OPERATION", help="Such as 'GET /modelmanagement/v1.0/models'; without: list.")
]
Status = Annotated[
    int | None, typer.Option("--status", metavar="CODE", help="Answer this, 400 to 599, and do nothing.")
]
Stall = Annotated[float, typer.Option("--stall", metavar="SECONDS", help="Answer this much later.")]
FailLater = Annotated[
    str | None, typer.Option("--fail-later", metavar="REASON", help="Accept a deployment, and let it turn out Failed.")
]
RoutingLag = Annotated[
    float,
    typer.Option("--routing-lag", metavar="SECONDS", help="So long after Healthy, scoring answers 502, or --status."),
]
Times = Annotated[
    int, typer.Option("--times", metavar="N", min=0, help="For so many requests; 0: for all until cleared.")
]
Authentication = Annotated[
    AuthMode | None,
    typer.Option(
        "--auth-mode",
        case_sensitive=False,
        help="Datastores have the account's key, no credential, or signed addresses.",
    ),
]
Clear = Annotated[bool, typer.Option("--clear", help="End all faults.")]
StartFirst = Annotated[bool, typer.Option("--start", help="Start the workspace first, unless it runs.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Program = Annotated[str, typer.Option(metavar="COMMAND", help="What a person types for these verbs.", hidden=True)]
ClusterName = Annotated[str, typer.Argument(metavar="NAME", help="Of the AKS cluster; one that is there is replaced.")]
VmSize = Annotated[str, typer.Option("--vm-size", metavar="SIZE", help="Of each node.")]
NodeCount = Annotated[int, typer.Option("--nodes", metavar="N", min=1, max=1000, help="How many there are.")]
T4 = "Standard_NC4as_T4_v3"
HOME = "AZUREML_EMULATOR_HOME"
DEFAULT_STATE = Path(os.environ.get(HOME) or ".azureml-emulator").absolute()


@app.command()
def up(
    context: typer.Context,
    state: State = DEFAULT_STATE,
    port: Port = None,
    environments: Environments = None,
    enforce_capacity: EnforceCapacity = False,
    share_gpus: ShareGpus = False,
    http_1_0: Http10 = False,
) -> None:
    """Start the workspace in the background and wait until it answers."""
    already = daemon.status(state)
    mode = environments.value if environments else None
    program = context.find_root().info_name
    address = daemon.start(
        state,
        port,
        mode,
        enforce_capacity=enforce_capacity,
        share_gpus=share_gpus,
        http_1_0=http_1_0,
        program=program,
    )
    said = "already runs" if already else "is up"
    page = f"`{program} studio`"
    typer.echo(f"local workspace {said} at {address['http']} (state: {state}; its page: {page})")


@app.command()
def down(state: State = DEFAULT_STATE) -> None:
    """Stop the workspace, its runs and its services. Its state stays."""
    stopped = daemon.stop(state)
    typer.echo("local workspace stopped" if stopped else "no local workspace was running")


@app.command()
def status(state: State = DEFAULT_STATE, as_json: AsJson = False) -> None:
    """Say whether the workspace runs, and where. Exit code 1 when it does not."""
    address = daemon.status(state)
    public = {key: value for key, value in (address or {}).items() if key != "environment"}
    if as_json:
        typer.echo(json.dumps({"running": address is not None, "state": str(state.resolve()), **public}))
    elif address:
        typer.echo(f"local workspace runs at {address['http']} (process {address['pid']}, state: {state})")
    else:
        typer.echo(f"no local workspace runs (state: {state})")
    raise typer.Exit(0 if address else 1)


@app.command()
def env(
    context: typer.Context, state: State = DEFAULT_STATE, start: StartFirst = False, as_json: AsJson = False
) -> None:
    """Print the variables that point an SDK program to this workspace, for a shell's `eval`.

    Those of the shell that lead elsewhere, such as AZURE_CLIENT_SECRET, are unset; in JSON their values are empty.
    """
    already, program = daemon.status(state), context.find_root().info_name
    address = daemon.start(state, program=program) if start else already
    if address is None:
        raise NotRunning(state)
    if already is None:
        typer.echo(f"started a local workspace (state: {state}; stop it with `{program} down`)", err=True)
    variables: dict[str, str] = {**address["environment"], **without_proxy(os.environ), **with_home(os.environ)}
    elsewhere = leading_elsewhere(os.environ)
    if as_json:
        typer.echo(json.dumps(dict.fromkeys(elsewhere, "") | variables))
    else:
        lines = [f"export {key}={shlex.quote(value)}" for key, value in variables.items()]
        typer.echo("\n".join([*(f"unset {name}" for name in elsewhere), *lines]))


@app.command()
def clock(state: State = DEFAULT_STATE, advance: Advance = None, to: To = None) -> None:
    """Print the time that schedules go by; or move it forward first, and what is due by then fires."""
    if advance is not None and to is not None:
        raise EmulatorError("--advance and --to are two ways to move the clock: give one of them")
    move: dict[str, object] = {"to": to} if to is not None else {}
    if advance is not None:
        move = {"advance": parse_duration(advance)}
    answer = ask(state, "POST" if move else "GET", "/own/clock", move)
    typer.echo(answer["now"])


@app.command()
def fault(  # noqa: PLR0913, PLR0917 - one parameter an option
    operation: Operation = None,
    state: State = DEFAULT_STATE,
    status_code: Status = None,
    stall: Stall = 0.0,
    fail_later: FailLater = None,
    routing_lag: RoutingLag = 0.0,
    times: Times = 1,
    clear: Clear = False,
    as_json: AsJson = False,
) -> None:
    """Make an operation fail, conflict (--status 409) or stall, for tests; without one, list the faults in force."""
    if operation is None and (status_code is not None or stall or fail_later or routing_lag or times != 1):
        raise EmulatorError(f"a fault of which operation? {COVERAGE_PAGE} lists them")
    if clear:
        ask(state, "DELETE", "/own/faults")
    if operation is not None:
        wanted: dict[str, object] = {"operation": operation, "status": status_code, "seconds": stall}
        wanted |= {"times": times or None, "fail_later": fail_later, "routing_lag": routing_lag}
        ask(state, "POST", "/own/faults", wanted)
    found = ask(state, "GET", "/own/faults")
    typer.echo(json.dumps(found) if as_json else "\n".join(map(_sentence, found["faults"])) or "no faults")


@app.command()
def datastores(state: State = DEFAULT_STATE, auth_mode: Authentication = None) -> None:
    """Print what datastores are signed in to with; or change that first, for good."""
    changes = {"properties": {"systemDatastoresAuthMode": auth_mode.value}} if auth_mode else None
    answer = ask(state, "PATCH" if changes else "GET", "/arm", changes)
    typer.echo(answer["properties"]["systemDatastoresAuthMode"])


def _sentence(fault: dict[str, Any]) -> str:
    if fault["routing_lag"]:
        doing = f"scoring answers {fault['status']} for {fault['routing_lag']:g} s after Healthy"
        return f"{fault['operation']}: {doing}, for {_requests(fault['times'])}"
    doings = [f"stalls for {fault['seconds']:g} s"] if fault["seconds"] else []
    doings += [f"answers {fault['status']}"] if fault["status"] else []
    doings += [f"is accepted and fails: {fault['fail_later']}"] if fault["fail_later"] else []
    return f"{fault['operation']}: {', then '.join(doings)}, for {_requests(fault['times'])}"


def _requests(times: int | None) -> str:
    return "all requests" if times is None else f"{times} request{'s' if times > 1 else ''}"


@app.command()
def cluster(name: ClusterName, state: State = DEFAULT_STATE, vm_size: VmSize = T4, nodes: NodeCount = 3) -> None:
    """Make up an AKS cluster for programs to attach, as `az aks create` makes one, and print its resource id."""
    from azureml_emulator.azure.computes.managed_clusters import cluster_id  # the other verbs are quicker without

    pool = {"name": "nodepool1", "vmSize": vm_size, "count": nodes, "mode": "System", "osType": "Linux"}
    body = {"identity": {"type": "SystemAssigned"}, "properties": {"agentPoolProfiles": [pool]}}
    typer.echo(ask(state, "PUT", quote(cluster_id(name)), body)["id"])


@app.command()
def reset(state: State = DEFAULT_STATE) -> None:
    """Stop the workspace and delete everything that it holds."""
    daemon.reset(state)
    typer.echo(f"local workspace deleted (state: {state})")


@app.command()
def studio(state: State = DEFAULT_STATE) -> None:
    """Print an address that opens the studio page in a browser, once, within ten minutes."""
    from azureml_emulator.state.credentials.tokens import Tokens
    from azureml_emulator.studio.access.session import ticket  # the other verbs are quicker without

    address = daemon.status(state)
    if address is None:
        raise NotRunning(state)
    typer.echo(f"{address['http']}/studio/open?ticket={ticket(Tokens(state / 'secrets.json'))}")


@app.command()
def serve(
    state: State = DEFAULT_STATE,
    port: Port = None,
    environments: Environments = None,
    enforce_capacity: EnforceCapacity = False,
    share_gpus: ShareGpus = False,
    http_1_0: Http10 = False,
    program: Program = PROGRAM,
) -> None:
    """Run the workspace in the foreground."""
    from azureml_emulator.server.process import serve as run  # the other verbs are quicker without

    run(
        state.resolve(),
        port,
        environments or Mode.WARN,
        enforce_capacity=enforce_capacity,
        share_gpus=share_gpus,
        http_1_0=http_1_0,
        program=program,
    )


def main(
    words: Sequence[str] | None = None, program: str = PROGRAM, state: Path | None = None, home: str = HOME
) -> None:
    """Run one verb: by default that of this process's arguments.

    A command that has these verbs among its own gives its words, its name for help and messages, its state folder, and
    the environment variable that names that.
    """
    defaults = {"state": str(state)} if state else {}
    verbs = [command.callback.__name__ for command in app.registered_commands if command.callback]
    try:
        app(words, prog_name=program, default_map=dict.fromkeys(verbs, defaults))
    except NotRunning as error:
        _end(f"{error}; start it with `{program} up`, or set {home} to the folder of one that runs")
    except EmulatorError as error:
        _end(str(error))
    except OSError as error:
        _end(without_room(error) if is_no_room(error) else str(error))


def _end(reason: str) -> NoReturn:
    print(f"error: {reason}", file=sys.stderr)
    sys.exit(8)
