"""`python -m pipelines.infrastructure.image_lock PYLOCK`: the conda file of the image, with a hash for each package.

The lock is uv's, of the image's Python and platform (`make lock`). conda hands the lines below `pip:` to pip as a
requirements file, and nothing beside it, so the hashes stand in the lines themselves.
https://github.com/conda/conda/blob/main/conda/env/installers/pip.py
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

PYTHON = (3, 11)
NEWEST_GLIBC = 39
"""Minor version of the glibc in Ubuntu 24.04, which the base image is built on."""
OUTPUT = Path("scoring/environment/pip.yml")
HEAD = """\
# Made by `make lock` of requirements.in, with the versions of requirements-lock.txt: those that are tested here.
# pip installs nothing else, and asks conda for nothing: only Python and pip come from there.
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python={python}
  - pip
  - pip:
      - "--only-binary=:all:"
      - --require-hashes
"""


def conda_file(lock: Mapping[str, Any]) -> str:
    """The text of the file for a lock in the form of https://packaging.python.org/specifications/pylock-toml.

    ValueError names a package that has no wheel for the image.
    """
    tags = frozenset(image_tags())
    lines = (f"      - {_line(package, tags)}\n" for package in lock["packages"])
    return HEAD.format(python=".".join(map(str, PYTHON))) + "".join(lines)


def image_tags() -> Iterator[Tag]:
    """Of the wheels that pip would take there."""
    old = ("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64")
    platforms = [*(f"manylinux_2_{minor}_x86_64" for minor in range(NEWEST_GLIBC, 4, -1)), *old]
    yield from cpython_tags(PYTHON, platforms=platforms)
    yield from compatible_tags(PYTHON, "cp{}{}".format(*PYTHON), platforms)


def _line(package: Mapping[str, Any], tags: frozenset[Tag]) -> str:
    hashes = sorted(wheel["hashes"]["sha256"] for wheel in package.get("wheels", ()) if _fits(wheel, tags))
    if not hashes:
        raise ValueError(f"{package['name']} {package['version']} has no wheel for the image's Python and platform")
    return " ".join([f"{package['name']}=={package['version']}", *(f"--hash=sha256:{one}" for one in hashes)])


def _fits(wheel: Mapping[str, Any], tags: frozenset[Tag]) -> bool:
    name = wheel.get("name") or wheel["url"].rpartition("/")[2]
    return not tags.isdisjoint(parse_wheel_filename(name)[3])


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit("error: the lock is read by Python 3.11 or newer, which is the image's: make lock PYTHON=python3.11")
    import tomllib

    OUTPUT.write_text(conda_file(tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
