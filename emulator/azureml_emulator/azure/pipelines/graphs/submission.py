"""The shape of what is submitted; whether the pipeline has such parameters is another question."""

from azureml_emulator.azure.pipelines.graphs.assignments import ASSIGNMENTS
from azureml_emulator.server.body import a_text, an_object, texts_by_name
from azureml_emulator.wire import Document

_TEXTS = ("ExperimentName", "RunHistoryExperimentName", "Description", "RunSource", "RunType")
_TEXTS_BY_NAME = ("tags", "Tags", "Properties")


def check_submission(sent: Document) -> None:
    """Raises BadRequest, which names the key that is not what the SDK sends."""
    for keys, check in ((_TEXTS, a_text), (_TEXTS_BY_NAME, texts_by_name), (ASSIGNMENTS, an_object)):
        for key in keys:
            if sent.get(key) is not None:
                check(sent[key], key)
