"""Files of before: one a target, with what is served in it. They are recognised, and what to do with them is said."""

from pathlib import Path
from typing import Any

import yaml

from config.errors import ConfigError
from config.loading.files import WHERE, read_yaml
from config.loading.folder import shown
from config.loading.names import SERVICE, TARGET

NO_SETTINGS = ("prices.yml",)
NAMES: dict[str, dict[str, str | None]] = {
    "model": {"name": None},
    "service": {"name": None},
    "pipeline": {"name": "gpu-release", "endpoint": "gpu-release"},
    "schedule": {"name": "gpu-release-schedule"},
}
"""What decides how things are called in Azure ML, with what it was where a file of before didn't say."""
Sections = dict[str, dict[str, Any]]


def check_layout(folder: Path) -> None:
    """ConfigError when the folder has files of before, which says what to do with them, or has no targets."""
    found = _old_files(folder)
    if (folder / TARGET.folder).is_dir():
        if found:
            files = ", ".join(shown(folder / f"{target}.yml") for target in found)
            raise ConfigError(
                f"{files}: not read any more: settings are in {shown(folder / TARGET.folder)} and "
                f"{shown(folder / SERVICE.folder)}; move there what still counts, and delete it here"
            )
        return
    if found:
        raise ConfigError(_what_to_do(folder, found))
    raise ConfigError(
        f"{shown(folder)}: holds no settings: {shown(TARGET.file('NAME', folder))} says where ({', '.join(WHERE)}), "
        f"{shown(SERVICE.file('NAME', folder))} what is served there"
    )


def _old_files(folder: Path) -> dict[str, Sections]:
    """The content of each, by its target."""
    files = sorted(file for file in folder.glob("[!.]*.yml") if file.is_file() and file.name not in NO_SETTINGS)
    contents = {file.stem: _content(file) for file in files}
    return {target: content for target, content in contents.items() if set(content) & {*WHERE, *NAMES}}


def _content(file: Path) -> Sections:
    try:
        content = read_yaml(file)
    except ConfigError:
        return {}
    return {str(section): keys for section, keys in content.items() if isinstance(keys, dict)}


def _what_to_do(folder: Path, found: dict[str, Sections]) -> str:
    files = ", ".join(shown(folder / f"{target}.yml") for target in found)
    targets = ", ".join(shown(TARGET.file(target, folder)) for target in found)
    return (
        f"{files}: settings are in two kinds of files now, one for where and one for what.\n"
        f"Move the sections {', '.join(WHERE)} (environment too, if you like) to {targets}"
        + (", with `local: true` in the workspace of local" if "local" in found else "")
        + f".\nMove all other sections to {shown(SERVICE.file('NAME', folder))}, with a NAME of yours for what is"
        " served, and what differs from target to target below `targets: TARGET:` there.\n"
        "So that what is in the workspaces is continued, write down there how it is called:\n"
        + yaml.safe_dump(_names(found), sort_keys=False).rstrip()
    )


def _names(found: dict[str, Sections]) -> dict[str, Any]:
    """The names of before as a service's file says them: those of all targets, and below ``targets`` the others."""
    by_target = {target: _names_of(content) for target, content in found.items()}
    first = next(iter(by_target.values()))
    common = {key: value for key, value in first.items() if all(one[key] == value for one in by_target.values())}
    others = {
        target: _nested({key: value for key, value in one.items() if key not in common and value is not None})
        for target, one in by_target.items()
    }
    return _nested({key: value for key, value in common.items() if value is not None}) | (
        {"targets": others} if any(others.values()) else {}
    )


def _names_of(content: Sections) -> dict[tuple[str, str], Any]:
    return {
        (section, key): content.get(section, {}).get(key, default)
        for section, keys in NAMES.items()
        for key, default in keys.items()
    }


def _nested(names: dict[tuple[str, str], Any]) -> Sections:
    nested: Sections = {}
    for (section, key), value in names.items():
        nested.setdefault(section, {})[key] = value
    return nested
