"""The libraries of CUDA are made here by the C compiler: with their names, and with what each needs of the others."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[5]
COMPILER = shutil.which("cc") or shutil.which("gcc")
pytestmark = pytest.mark.skipif(COMPILER is None or sys.platform != "linux", reason="needs a C compiler, on Linux")

WHEELS: dict[str, tuple[str, Sequence[str]]] = {
    "libnvJitLink.so.12": ("nvjitlink", ()),
    "libcublasLt.so.12": ("cublas", ()),
    "libcublas.so.12": ("cublas", ["libcublasLt.so.12"]),
    "libcusparse.so.12": ("cusparse", ["libnvJitLink.so.12"]),
    "libcusolver.so.11": ("cusolver", ["libcublas.so.12", "libcusparse.so.12"]),
    "libcudart.so.12": ("cuda_runtime", ()),
    "libcufft.so.11": ("cufft", ()),
    "libcudnn.so.9": ("cudnn", ()),
}
DRIVER = """
int cuInit(unsigned flags) { return CODE; }
int cuGetErrorName(int code, const char **name) { *name = "CUDA_ERROR_NO_DEVICE"; return 0; }
"""
OPEN_AS_TENSORFLOW = """
import ctypes
from pathlib import Path
import scoring.model.gpu.libraries as libraries
libraries.load_wheels()
loaded = [line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libcu" in line]
try:
    ctypes.CDLL("libcusolver.so.11")
except OSError as error:
    print(error)
else:
    print("opened", *sorted({str(Path(path).relative_to(FOLDER)) for path in loaded}))
"""
Build = Callable[..., Path]
Run = Callable[..., str]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """`build(path, source, needs)` makes a library, its file's name its own, below the test's folder."""

    def library(path: str, source: str = "", needs: Sequence[Path] = ()) -> Path:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        code = target.with_suffix(".c")
        code.write_text(source or f"int {target.name.partition('.')[0]} = 1;\n")
        options = ["-shared", "-fPIC", "-Wl,--no-as-needed", f"-Wl,-soname,{target.name}", "-o", str(target)]
        subprocess.run([str(COMPILER), *options, str(code), *map(str, needs)], check=True)
        return target

    return library


@pytest.fixture
def wheels(tmp_path: Path, build: Build) -> Path:
    """A folder with the wheels' libraries, none of which says where the others are."""
    site = tmp_path / "site"
    for name, (folder, needs) in WHEELS.items():
        build(f"site/nvidia/{folder}/lib/{name}", "", [site / f"nvidia/{WHEELS[one][0]}/lib/{one}" for one in needs])
    return site


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def program(source: str, **variables: str) -> str:
        environment = {"PATH": os.environ["PATH"]} | variables
        source = source.replace("FOLDER", repr(str(tmp_path)))
        ended = subprocess.run(
            [sys.executable, "-c", source], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.splitlines()[-1]

    return program


@pytest.fixture
def driver(tmp_path: Path, build: Build) -> str:
    """The folder of a driver that starts."""
    return str(build("driver/libcuda.so.1", DRIVER.replace("CODE", "0")).parent)


def test_cusolver_is_found_where_only_its_wheel_has_it(wheels: Path, driver: str, run: Run) -> None:
    assert run(OPEN_AS_TENSORFLOW, PYTHONPATH=f"{ROOT}:{wheels}", LD_LIBRARY_PATH=driver) == (
        "opened driver/libcuda.so.1 site/nvidia/cublas/lib/libcublas.so.12 site/nvidia/cublas/lib/libcublasLt.so.12 "
        "site/nvidia/cusolver/lib/libcusolver.so.11 site/nvidia/cusparse/lib/libcusparse.so.12"
    )


def test_without_a_driver_or_wheels_nothing_is_loaded(wheels: Path, driver: str, run: Run) -> None:
    for variables in ({"PYTHONPATH": f"{ROOT}:{wheels}"}, {"LD_LIBRARY_PATH": driver}):
        assert "libcusolver.so.11: cannot open shared object file" in run(OPEN_AS_TENSORFLOW, **variables)


def test_the_user_s_own_libraries_come_first(wheels: Path, driver: str, build: Build, run: Run) -> None:
    own = build("own/libcusolver.so.11").parent
    said = run(OPEN_AS_TENSORFLOW, PYTHONPATH=f"{ROOT}:{wheels}", LD_LIBRARY_PATH=f"{driver}:{own}")
    assert "cusolver" not in said


CAUSE = "from scoring.model.gpu.cause import cause_of_no_gpu; print(cause_of_no_gpu('12.5.1'))"


def test_the_cause_is_named(wheels: Path, driver: str, build: Build, run: Run) -> None:
    variables = {"PYTHONPATH": f"{ROOT}:{wheels}"}
    assert "libcuda.so.1 can't be opened (libcuda.so.1: cannot open" in run(CAUSE, **variables)
    variables["LD_LIBRARY_PATH"] = driver
    assert "CUDA_VISIBLE_DEVICES is '', which hides all" in run(CAUSE, **variables, CUDA_VISIBLE_DEVICES="")
    assert "libraries can be opened; with TF_CPP_MAX_VLOG_LEVEL=3" in run(CAUSE, **variables)

    (wheels / "nvidia/cusolver/lib/libcusolver.so.11").unlink()
    (wheels / "nvidia/cudnn/lib/libcudnn.so.9").write_text("half a file")
    said = run(CAUSE, **variables)
    assert "of CUDA 12.5.1 libcusolver.so.11: cannot open shared object file" in said
    assert "libcudnn.so.9: file too short" in said or "libcudnn.so.9: invalid ELF header" in said
    assert "libcufft" not in said

    build("driver/libcuda.so.1", DRIVER.replace("CODE", "100"))
    assert "the NVIDIA driver refuses (CUDA_ERROR_NO_DEVICE)" in run(CAUSE, **variables)


def test_a_build_for_the_cpu_is_named(run: Run) -> None:
    source = CAUSE.replace("'12.5.1'", "None")
    assert "needs the one for GPUs (tensorflow[and-cuda])" in run(source, PYTHONPATH=str(ROOT))
