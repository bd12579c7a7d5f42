"""What runs logged. Each value is a document of its own: a batch costs the same, however many were logged before."""

from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document, new_id, now


def append(store: Store, run_id: str, metric: Document) -> None:
    """Add the values of a metric; one that is sent again by a retry is recognised by its id."""
    name = metric["name"]
    if store.find(_metrics(run_id), name) is None:
        definition = {"name": name, "columns": metric.get("columns") or {}, "properties": metric.get("properties")}
        store.put(_metrics(run_id), name, definition)
    for value in metric["value"]:
        identifier = value.get("metricId") or new_id()
        identity = {"metricId": identifier, "createdUtc": value.get("createdUtc") or now()}
        store.put(_values(run_id, name), identifier, value | identity)


def definitions(store: Store, run_id: str) -> list[Document]:
    """Name, columns and properties of each metric, in the order in which they came."""
    return store.all(_metrics(run_id))


def metric_of(store: Store, run_id: str, name: str) -> Document:
    """With its values, as the SDK reads it. Raises NotFound."""
    definition = store.find(_metrics(run_id), name) or store.get("metric", name)
    return definition | {"dataContainerId": f"dcid.{run_id}", "value": store.all(_values(run_id, name))}


def copy(store: Store, earlier: str, run_id: str) -> None:
    """Give a run the metrics of another."""
    with store.transaction():
        for definition in definitions(store, earlier):
            append(store, run_id, metric_of(store, earlier, definition["name"]))


def _metrics(run_id: str) -> str:
    return f"metrics of {run_id}"


def _values(run_id: str, name: str) -> str:
    return f"values of {run_id}/{name}"
