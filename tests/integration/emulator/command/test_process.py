"""The emulator as a process: its verbs, one a folder."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.integration.emulator.command.machine import Machine, has_ended
from tests.integration.emulator.waiting import until

STRICT = """
from azureml.core.compute import AmlCompute, ComputeTarget
import time
sizes = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=1)
compute = ComputeTarget.create(ws, "steps", sizes)
environment = Environment("train")
environment.python.conda_dependencies.add_pip_package("amlgpu-nothing-like-it")
config = ScriptRunConfig("steps", "sleep.py", compute_target=compute, environment=environment)
run = Experiment(ws, "strict").submit(config)
while run.get_status() not in ("Completed", "Failed", "Canceled"):
    time.sleep(0.1)
print(run.get_status(), run.get_details()["error"]["error"]["message"])
"""


def test_verbs(machine: Machine) -> None:
    down = machine.emulator("status", "--json")
    assert (down.returncode, json.loads(down.stdout)) == (1, {"running": False, "state": str(machine.state)})
    not_yet = machine.emulator("env")
    assert (not_yet.returncode, not_yet.stderr[:30]) == (8, "error: no local workspace runs")
    assert "local workspace is up at http://127.0.0.1:" in machine.emulator("up").stdout
    pid = machine.address["pid"]
    assert "already runs" in machine.emulator("up").stdout
    assert json.loads(machine.emulator("status", "--json").stdout)["pid"] == pid
    for option in ("--enforce-capacity", "--share-gpus", "--http-1-0"):
        other = machine.emulator("up", option)
        assert (other.returncode, f"runs already, without {option}" in other.stderr) == (8, True)
    assert "export ARM_CLOUD_METADATA_URL=http://127.0.0.1:" in machine.emulator("env").stdout
    assert machine.emulator("env", "--start", "--json").stdout == machine.emulator("env", "--json").stdout
    second = machine.emulator("serve")
    assert second.returncode == 8
    assert f"in use by the local workspace of process {pid}" in second.stderr
    assert machine.emulator("down").stdout == "local workspace stopped\n"
    assert machine.emulator("down").stdout == "no local workspace was running\n"
    until(lambda: has_ended(pid), "the emulator to end", 5)


def test_two_starts_at_once(machine: Machine) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(machine.emulator, ["up", "up"])
    assert (first.returncode, second.returncode) == (0, 0)
    # The later may find it running already.
    assert first.stdout.partition(" at ")[2] == second.stdout.partition(" at ")[2] != ""


def test_port_that_is_taken(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = machine.emulator("up", "--port", str(port))
    assert refused.returncode == 8
    assert f"port {port} cannot be used: Address already in use; choose another --port" in refused.stderr


def test_strict_environments(machine: Machine, write: Callable[..., None]) -> None:
    write("steps/sleep.py", "import time; time.sleep(600)")
    assert machine.emulator("up", "--environments", "strict").returncode == 0
    status, *reason = machine.sdk(STRICT)
    assert status == "Failed"
    assert "environment 'train' is not what this interpreter has" in " ".join(reason)
    assert "amlgpu-nothing-like-it (not installed)" in " ".join(reason)
