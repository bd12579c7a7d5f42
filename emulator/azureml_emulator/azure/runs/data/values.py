"""What stands for inputs and outputs in the arguments and variables of a script."""

import re
from collections.abc import Mapping

from azureml_emulator.azure.runs.data.inputs import DATASET_ARGUMENT, Input
from azureml_emulator.azure.runs.data.outputs import Output
from azureml_emulator.azure.runs.data.ports import SavedDataset
from azureml_emulator.errors import BadRequest

_PLACEHOLDER = re.compile(rf"(?<!\w)(?:DatasetOutputConfig:|{DATASET_ARGUMENT})(\w+)")
_VARIABLE = re.compile(r"\$((?:AZUREML_DATAREFERENCE|AML_PARAMETER)_\w+)")


def values_of(inputs: Mapping[str, Input], outputs: Mapping[str, Output]) -> dict[str, str]:
    """By name: their paths, or the ids of datasets that are handed over."""
    return {name: _value(port) for name, port in inputs.items()} | {
        name: str(port.local) for name, port in outputs.items()
    }


def _value(port: Input) -> str:
    is_id = isinstance(port.source, SavedDataset) and port.mode == "direct" and not port.transformations
    return port.source.id if is_id and isinstance(port.source, SavedDataset) else str(port.local)


def data_variables(inputs: Mapping[str, Input], outputs: Mapping[str, Output]) -> dict[str, str]:
    """What the SDK and scripts find inputs and outputs by."""
    values = values_of(inputs, outputs)
    datasets = [name for name, port in inputs.items() if port.is_dataset]
    output_datasets = [name for name, port in outputs.items() if port.is_dataset]
    found = {_variable(name): value for name, value in values.items()}
    found |= {name: values[name] for name in (*datasets, *output_datasets)}
    if datasets:
        modes = ",".join(f"{name}:{inputs[name].mode}" for name in datasets)
        found["AZUREML_DATASET_ENVIRONMENT_VARS"] = modes
    if output_datasets:
        found["AZUREML_DATASET_FILE_OUTPUTS"] = ";".join(output_datasets)
    return found


def expand(argument: str, values: Mapping[str, str], variables: Mapping[str, str]) -> str:
    """An argument as the script gets it. Raises BadRequest for one that stands for data that is not there."""
    known = _PLACEHOLDER.sub(lambda match: _known(match, values), argument)
    return _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), known)


def expand_command(command: str, values: Mapping[str, str]) -> str:
    """A command for a shell, to which a path is one word also where it has spaces. Raises BadRequest as expand()."""
    return expand(command, {name: f'"${_variable(name)}"' for name in values}, {})


def _known(placeholder: re.Match[str], values: Mapping[str, str]) -> str:
    if placeholder[1] not in values:
        raise BadRequest(f"'{placeholder[0]}' stands for data that the run does not have; it has: {', '.join(values)}")
    return values[placeholder[1]]


def _variable(name: str) -> str:
    return f"AZUREML_DATAREFERENCE_{name}"
