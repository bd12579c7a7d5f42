"""A state folder on a disk of its own, a small one, which is filled: the operating system's own refusals."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from azureml_emulator.state.disk.room import RESERVE_BYTES
from tests.integration.emulator.command.machine import Machine
from tests.integration.emulator.waiting import until

DISK_BYTES = 96 * 1024 * 1024
IN_A_NAMESPACE = ("unshare", "--map-root-user", "--mount")
NO_ROOM = "there is no room on the disk"
COMPUTE = """
from azureml.core.compute import AmlCompute, ComputeTarget
nodes = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v3", max_nodes=1)
ComputeTarget.create(ws, "cpu", nodes).wait_for_completion()
"""
SUBMIT = """
import time
config = ScriptRunConfig("steps", "write.py", compute_target="cpu", environment=Environment("train"))
run = Experiment(ws, "full").submit(config)
while run.get_status() not in ("Completed", "Failed", "Canceled"):
    time.sleep(0.1)
error = (run.get_details().get("error") or {}).get("error", {})
print(run.get_status(), *str(error.get("message")).split())
"""
UPLOAD = """
store = ws.get_default_datastore()
blob = store.blob_service.get_blob_client(store.container_name, "large")
with open("large", "rb") as file:
    blob.upload_blob(file, overwrite=True)
print("uploaded")
"""
TOLD = """
try:
    exec({program!r})
except Exception as error:
    print(" ".join(str(error).split()))
"""
FILL = """
from pathlib import Path
Path("outputs").mkdir(exist_ok=True)
with open("outputs/large", "wb") as file:
    while True:
        file.write(bytes(1024))
        file.flush()
"""


class SmallDisk(Machine):
    """All its commands see a state folder on a disk that nobody else sees."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.state.mkdir()
        mount = f"mount -t tmpfs -o size={DISK_BYTES} tmpfs {self.state} && echo mounted && exec sleep 1000"
        self._holder = subprocess.Popen([*IN_A_NAMESPACE, "sh", "-c", mount], stdout=subprocess.PIPE)
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"mounted\n"
        entered = ("--target", str(self._holder.pid), "--user", "--mount", "--preserve-credentials")
        self.prefix = ["nsenter", *entered, f"--wd={folder}"]
        self.disk = Path(f"/proc/{self._holder.pid}/root{self.state}")

    @property
    def free(self) -> int:
        return shutil.disk_usage(self.disk).free

    def told(self, program: str) -> str:
        """What the SDK says of it."""
        return " ".join(self.sdk(TOLD.format(program=program)))

    def fill(self) -> None:
        with (self.disk / "fill").open("ab") as file:
            os.posix_fallocate(file.fileno(), file.tell(), self.free)

    def clear(self) -> None:
        (self.disk / "fill").unlink()

    def close(self) -> None:
        self.emulator("down")
        self._holder.kill()
        self._holder.wait()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    try:
        subprocess.run([*IN_A_NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this machine lets nobody mount a small disk of its own: {error}")
    machine = SmallDisk(tmp_path_factory.mktemp("machine"))
    (machine.folder / "steps").mkdir()
    (machine.folder / "steps" / "write.py").write_text(FILL)
    (machine.folder / "large").write_bytes(bytes(DISK_BYTES))
    machine.emulator("up")
    machine.sdk(COMPUTE + "print()")
    yield machine
    machine.close()


def test_an_upload_without_room_is_refused_and_leaves_none_of_it(machine: SmallDisk) -> None:
    before = machine.free
    assert NO_ROOM in machine.told(UPLOAD)
    assert machine.free > before - RESERVE_BYTES
    (machine.folder / "large").write_bytes(bytes(1000))
    assert machine.sdk(UPLOAD) == ["uploaded"]


def test_a_run_that_fills_the_disk_ends_and_the_next_goes_on_when_there_is_room(machine: SmallDisk) -> None:
    status, *message = machine.sdk(SUBMIT)
    assert status == "Failed"
    assert "No space left on device" in " ".join(message) or NO_ROOM in " ".join(message)
    assert machine.emulator("status").returncode == 0

    for large in machine.disk.glob("runs/*/code/outputs/large"):
        large.unlink()
    (machine.folder / "steps" / "write.py").write_text("print('small')")
    assert machine.sdk(SUBMIT)[0] == "Completed"


def test_on_a_full_disk_there_is_room_for_notes_and_then_it_is_said_that_there_is_none(machine: SmallDisk) -> None:
    machine.fill()
    try:
        assert machine.sdk(SUBMIT)[0] == "Completed"
        machine.fill()
        assert NO_ROOM in machine.told(SUBMIT)
    finally:
        machine.clear()


def test_a_start_without_room_advises_nothing_that_destroys(machine: SmallDisk) -> None:
    machine.emulator("down")
    machine.fill()
    refused = machine.emulator("up")
    machine.clear()

    assert refused.returncode == 8
    assert NO_ROOM in refused.stderr
    assert "damaged" not in refused.stderr
    assert "reset" not in refused.stderr
    assert machine.emulator("up").returncode == 0
    until((machine.disk / "reserve").is_file, "room to be kept back again", 5)
