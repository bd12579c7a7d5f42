"""The files of a folder of the user's, as all of this project sees them: looked at, hashed, copied and sent alike.

A link is followed inside of the folder. What can't be sent is a problem, never left out in silence: a link that leads
out, to nothing or in a circle, a socket or pipe, what may not be read. An editor's lock, `.#NAME`, is none: it is a
link to nothing for as long as somebody works on NAME.
"""

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from config.errors import ModelError

MOST = 1_000_000
"""Files and folders: links inside of one can multiply what is in it without end."""
SHOWN = 5
LOCK = ".#"
"""https://www.gnu.org/software/emacs/manual/html_node/emacs/Interlocking.html"""
COPY = "put in its place what it leads to (cp -rL copies so), or remove it"
LeftOut = Callable[[str], bool]


@dataclass(frozen=True)
class Problem:
    """Why something in a folder can't be taken, and what to do."""

    name: str
    """Its path in the folder."""
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{shown(self.name)} {self.what}: {self.mend}"


@dataclass(frozen=True)
class Tree:
    files: Mapping[str, Path]
    """By their paths in the folder, with slashes."""
    problems: Sequence[Problem]


def nothing(_name: str) -> bool:
    """Of a folder whose every file counts."""
    return False


def read_tree(folder: Path, left_out: LeftOut = nothing) -> Tree:
    """All files below ``folder``, but of names that are ``left_out`` with all that is in them; none where it isn't."""
    walk = _Walk(os.path.realpath(folder), left_out)
    walk.pending.append(_Level(str(folder), "", walk.root, ()))
    while walk.pending and walk.seen <= MOST:
        walk.look_into(walk.pending.pop())
    if walk.seen > MOST:
        walk.add_problem("it", f"holds more than {MOST:,} files and folders", "give one with fewer")
    return Tree(walk.files, sorted(walk.problems, key=lambda problem: problem.name))


def files_in(folder: Path, left_out: LeftOut = nothing) -> Mapping[str, Path]:
    """The files of read_tree(). ModelError names its problems."""
    tree = read_tree(folder, left_out)
    if tree.problems:
        raise ModelError("\n".join(told(folder, tree.problems)))
    return tree.files


def told(folder: Path, problems: Sequence[Problem]) -> Iterator[str]:
    """A line for each of the first problems, and one for the others."""
    yield from (f"{shown(folder.name)}: {problem}" for problem in problems[:SHOWN])
    if len(problems) > SHOWN:
        yield f"and {len(problems) - SHOWN} more"


def shown(name: str) -> str:
    """The name in one line, also one that isn't UTF-8 or holds a newline."""
    return name if name.isprintable() else ascii(name)


class Stamp(NamedTuple):
    """What tells that a file is still the one that was read."""

    size: int
    changed: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Stamp":
        return cls(found.st_size, found.st_mtime_ns, found.st_ino)


def changed(folder: Path, name: str) -> ModelError:
    return ModelError(
        f"{shown(folder.name)}: {shown(name)} has changed while it was read: run this again when nothing writes there"
    )


def unreadable(folder: Path, name: str, error: OSError) -> ModelError:
    """Of a file that read_tree() found."""
    if isinstance(error, FileNotFoundError):
        return ModelError(
            f"{shown(folder.name)}: {shown(name)} has gone while the folder was read: run this again when nothing "
            "writes there"
        )
    return ModelError(f"{shown(folder.name)}: {shown(name)} can't be read: {error.strerror}")


@contextmanager
def opened(folder: Path, name: str, path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """A file that read_tree() found, and its size: beyond that nothing is to be read, as one that grows has no end.

    ModelError where it can't be read, or has changed when the block ends.
    """
    try:
        with path.open("rb") as file:
            before = Stamp.of(os.fstat(file.fileno()))
            yield file, before.size
            if Stamp.of(os.fstat(file.fileno())) != before:
                raise changed(folder, name)
    except OSError as error:
        raise unreadable(folder, name, error) from None


@dataclass(frozen=True)
class _Level:
    """A folder to look into."""

    path: str
    prefix: str
    real: str
    trail: tuple[str, ...]
    """Where the folders really lie from which links were followed to this one."""


@dataclass
class _Walk:
    root: str
    left_out: LeftOut
    files: dict[str, Path] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    pending: list[_Level] = field(default_factory=list)
    seen: int = 0

    def look_into(self, level: _Level) -> None:
        try:
            with os.scandir(level.path) as entries:
                for entry in entries:
                    if not self.left_out(entry.name):
                        self._take(entry, level)
        except (FileNotFoundError, NotADirectoryError):  # it isn't there, or not any more
            return
        except OSError as error:
            self._unreadable(level.prefix.rstrip("/") or "it", error)

    def add_problem(self, name: str, what: str, mend: str) -> None:
        self.problems.append(Problem(name, what, mend))

    def _take(self, entry: "os.DirEntry[str]", level: _Level) -> None:
        self.seen += 1
        name = level.prefix + entry.name
        if entry.is_symlink():
            self._follow(entry, name, level)
        elif entry.is_dir(follow_symlinks=False):
            self.pending.append(_Level(entry.path, f"{name}/", f"{level.real}/{entry.name}", level.trail))
        elif entry.is_file(follow_symlinks=False):
            self.files[name] = Path(entry.path)
        else:
            self.add_problem(name, "is neither a file nor a folder", "remove it")

    def _follow(self, link: "os.DirEntry[str]", name: str, level: _Level) -> None:
        try:
            real = os.path.realpath(link.path, strict=True)
            is_dir, is_file = link.is_dir(), link.is_file()
        except OSError as error:
            self._dead(link, name, error)
            return
        if not _lies_in(real, self.root):
            self.add_problem(name, f"is a link that leads out of the folder, to {shown(real)}", COPY)
        elif is_file:
            self.files[name] = Path(link.path)
        elif not is_dir:
            self.add_problem(name, "is a link to what is neither a file nor a folder", "remove it")
        elif any(_lies_in(origin, real) for origin in (level.real, *level.trail)):
            self.add_problem(name, "is a link to a folder that it lies in", "remove it")
        else:
            self.pending.append(_Level(link.path, f"{name}/", real, (level.real, *level.trail)))

    def _dead(self, link: "os.DirEntry[str]", name: str, error: OSError) -> None:
        if error.errno == errno.ELOOP:
            self.add_problem(name, "is a link that leads back to itself", "remove it")
        elif not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            self._unreadable(name, error)
        elif not link.name.startswith(LOCK):
            self.add_problem(name, "is a link to what isn't there", "remove it, or bring what it leads to")

    def _unreadable(self, name: str, error: OSError) -> None:
        self.add_problem(name, f"can't be read ({error.strerror})", "let yourself read it (chmod), or remove it")


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
