"""Experiments: active ones, of which each name has one, and archived ones."""

from azureml_emulator.azure.runs.history.filters import parse_filter
from azureml_emulator.errors import BadRequest, Conflict, NotFound, NotSupported
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document, new_id, now

_CHANGES = frozenset(["archive", "description", "tags"])


def ensure_experiment(store: Store, name: str) -> Document:
    """The active experiment of that name, new where there is none."""
    experiment = store.find("experiment", name)
    if experiment is None:
        experiment = {"experimentId": new_id(), "name": name, "description": "", "createdUtc": now()}
        experiment |= {"tags": {}, "archivedTime": None}
        store.put("experiment", name, experiment)
    return experiment


def experiment_by_id(store: Store, identifier: str) -> Document:
    """Archived or active. Raises NotFound."""
    for experiment in store.all("experiment"):
        if experiment["experimentId"] == identifier:
            return experiment
    raise NotFound(f"experiment with id '{identifier}' not found in this workspace")


def experiment_to_read(store: Store, name: str) -> Document:
    """The active experiment of that name, else the one that was archived last. Raises NotFound."""
    archived = [one for one in store.all("experiment") if one["name"] == name and one["archivedTime"]]
    newest = max(archived, key=lambda one: str(one["archivedTime"]), default=None)
    return store.find("experiment", name) or newest or store.get("experiment", name)


def list_experiments(store: Store, query: Document) -> list[Document]:
    """Those that a filter by name and tags leaves, archived ones only when asked for. Raises NotSupported."""
    view, matches = query.get("viewType") or "Default", parse_filter(query.get("filter") or "")
    if view not in ("Default", "ActiveOnly", "ArchivedOnly", "All"):
        raise NotSupported(f"the experiment view '{view}'")
    shown = {"ArchivedOnly": (True,), "All": (True, False)}.get(view, (False,))
    return [one for one in store.all("experiment") if (one["archivedTime"] is not None) in shown and matches(one)]


def change_experiment(store: Store, identifier: str, changes: Document) -> Document:
    """Merge tags, set the description, archive or reactivate. Raises Conflict where another one has the name by now."""
    given = {key: value for key, value in changes.items() if value is not None}
    if unknown := given.keys() - _CHANGES:
        raise NotSupported(f"changing the {', '.join(sorted(unknown))} of an experiment")
    experiment = experiment_by_id(store, identifier)
    before = _key(experiment)
    experiment["tags"] |= given.get("tags") or {}
    experiment["description"] = given.get("description", experiment["description"])
    if "archive" in given:
        experiment["archivedTime"] = (experiment["archivedTime"] or now()) if given["archive"] else None
    return _rekey(store, before, experiment)


def remove_tags(store: Store, identifier: str, names: list[str]) -> None:
    experiment = experiment_by_id(store, identifier)
    experiment["tags"] = {name: value for name, value in experiment["tags"].items() if name not in names}
    store.put("experiment", _key(experiment), experiment)


def delete_experiment(store: Store, identifier: str) -> None:
    """Raises BadRequest for one that has runs, as Azure does."""
    experiment = experiment_by_id(store, identifier)
    if any(run["experimentId"] == identifier for run in store.all("run", identifier)):
        raise BadRequest(f"experiment '{experiment['name']}' has runs: only an empty one can be deleted; archive it")
    store.delete("experiment", _key(experiment))


def _key(experiment: Document) -> str:
    """Active ones are kept by their name, of which there is one; archived ones by their id."""
    return str(experiment["experimentId"] if experiment["archivedTime"] else experiment["name"])


def _rekey(store: Store, before: str, experiment: Document) -> Document:
    after = _key(experiment)
    if after != before and store.find("experiment", after):
        raise Conflict(f"an active experiment is named '{experiment['name']}'; archive or delete that one first")
    with store.transaction():
        if after != before:
            store.delete("experiment", before)
        return store.put("experiment", after, experiment)
