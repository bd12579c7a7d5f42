"""The image's conda file: of the versions that are tested here, and nothing without a hash."""

import base64
import hashlib
import re
import subprocess
import sys
import zipfile
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pipelines.infrastructure.image_lock import conda_file
from tests.unit.test_lock import locked, pins

ROOT = Path(__file__).resolve().parents[4]
FOLDER = ROOT / "scoring" / "environment"
IMAGE = {
    "python_version": "3.11",
    "python_full_version": "3.11.9",
    "sys_platform": "linux",
    "platform_machine": "x86_64",
    "platform_system": "Linux",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "extra": "",
}
OPTIONS = ["--only-binary=:all:", "--require-hashes"]
LINE = re.compile(r"([a-z0-9-]+)==(\S+)((?: --hash=sha256:[0-9a-f]{64})+)")


def pip_lines(text: str) -> list[str]:
    lines: list[str] = yaml.safe_load(text)["dependencies"][-1]["pip"]
    return lines


@pytest.fixture(scope="module")
def text() -> str:
    return (FOLDER / "pip.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def packages(text: str) -> dict[str, tuple[str, list[str]]]:
    """Version and hashes by name."""
    found = [match for line in pip_lines(text) if (match := LINE.fullmatch(line))]
    return {match[1]: (match[2], match[3].split(" --hash=")[1:]) for match in found}


def test_conda_is_asked_for_python_and_pip_alone_and_anaconda_for_nothing(text: str) -> None:
    document = yaml.safe_load(text)
    assert document["channels"] == ["conda-forge", "nodefaults"]
    assert document["dependencies"][:-1] == ["python=3.11", "pip"]


def test_every_line_has_a_version_and_hashes(text: str) -> None:
    lines = pip_lines(text)
    assert lines[: len(OPTIONS)] == OPTIONS
    assert [line for line in lines[len(OPTIONS) :] if not LINE.fullmatch(line)] == []


def test_versions_and_hashes_are_those_of_the_lock(packages: dict[str, tuple[str, list[str]]]) -> None:
    versions, texts = locked(IMAGE), pins()
    for name, (of_image, hashes) in packages.items():
        assert of_image == versions[name], f"{name}: run `make lock`"
        known = "\n".join(pin for pin in texts if pin.startswith(f"{name}=="))
        assert all(one in known for one in hashes), name


def test_it_has_all_that_is_asked_for(packages: dict[str, tuple[str, list[str]]]) -> None:
    lines = (FOLDER / "requirements.in").read_text(encoding="utf-8").splitlines()
    for wanted in (Requirement(line.partition(" #")[0]) for line in lines if not line.startswith("#")):
        assert packages[canonicalize_name(wanted.name)][0] in wanted.specifier, f"{wanted}: run `make lock`"


def test_it_has_nvidias_libraries_and_the_tensorflow_that_is_tested_here(
    packages: dict[str, tuple[str, list[str]]],
) -> None:
    tested = next(one.version for one in distributions(name="tensorflow-cpu")) if on_linux() else version("tensorflow")
    assert packages["tensorflow"][0] == tested
    nvidia = {name.removeprefix("nvidia-").removesuffix("-cu12") for name in packages if name.startswith("nvidia-")}
    assert nvidia >= {"cublas", "cuda-nvcc", "cuda-runtime", "cudnn", "cufft", "cusolver", "cusparse", "nccl"}


def on_linux() -> bool:
    return any(distributions(name="tensorflow-cpu"))


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="what is installed here is for another Python")
def test_nothing_is_missing_that_one_of_them_needs(packages: dict[str, tuple[str, list[str]]]) -> None:
    """pip refuses whatever has no hash, what another package brings along included."""
    needed = set()
    for one in distributions():
        if packages.get(canonicalize_name(one.name), ("",))[0] == one.version:
            wanted = map(Requirement, one.requires or [])
            needed |= {canonicalize_name(it.name) for it in wanted if it.marker is None or it.marker.evaluate(IMAGE)}
    assert len(needed) > 50
    assert needed <= packages.keys()


def test_a_package_without_a_wheel_for_the_image_is_named() -> None:
    wheels = [
        {"url": f"https://files.example.org/old-1-{tags}.whl", "hashes": {"sha256": "a" * 64}}
        for tags in ("cp310-cp310-manylinux_2_28_x86_64", "cp311-cp311-macosx_11_0_arm64", "cp311-cp311-win_amd64")
    ]
    with pytest.raises(ValueError, match=r"old 1 has no wheel for the image's Python and platform"):
        conda_file({"packages": [{"name": "old", "version": "1", "wheels": wheels}]})
    with pytest.raises(ValueError, match="old 1 has no wheel"):
        conda_file({"packages": [{"name": "old", "version": "1", "sdist": {}}]})


@pytest.mark.parametrize("tampered", [False, True])
def test_pip_takes_the_lines_as_conda_hands_them_over(tmp_path: Path, tampered: bool) -> None:
    """One to a line of a file, to `pip install -U -r FILE --exists-action=b`."""
    wheel = make_wheel(tmp_path / "wheels", "tiny", "1.0")
    content = b"other bytes" if tampered else wheel.read_bytes()
    lock = {"name": wheel.name, "hashes": {"sha256": hashlib.sha256(content).hexdigest()}}
    text = conda_file({"packages": [{"name": "tiny", "version": "1.0", "wheels": [lock]}]})
    (tmp_path / "condaenv.requirements.txt").write_text("\n".join(pip_lines(text)))
    offline = ["--no-index", "--find-links", str(wheel.parent), "--target", str(tmp_path / "image")]
    command = ["install", "-U", "-r", str(tmp_path / "condaenv.requirements.txt"), "--exists-action=b", *offline]
    ended = subprocess.run(
        [sys.executable, "-m", "pip", *command], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode == 0, (tmp_path / "image" / "tiny.py").exists()) == (not tampered, not tampered)
    assert tampered == ("DO NOT MATCH THE HASHES" in ended.stderr), ended.stderr


def make_wheel(folder: Path, name: str, release: str) -> Path:
    """With one empty module."""
    folder.mkdir()
    path, about = folder / f"{name}-{release}-py3-none-any.whl", f"{name}-{release}.dist-info"
    files = {
        f"{name}.py": "",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {file: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for file, text in files.items()}
    record = [f"{file},sha256={digests[file].decode().rstrip('=')},{len(text)}" for file, text in files.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in (files | {f"{about}/RECORD": "\n".join([*record, f"{about}/RECORD,,"])}).items():
            archive.writestr(file, text)
    return path
